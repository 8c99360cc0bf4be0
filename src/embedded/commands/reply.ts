import { serialize } from 'bson';

import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { LIMITS } from '../limits.ts';

/** One page of a cursor, its documents already in bytes so that each is written once. */
export interface CursorPage {
  readonly field: 'firstBatch' | 'nextBatch';
  /** 0 when there is nothing more to get. */
  readonly id: bigint;
  readonly namespace: string;
  readonly documents: readonly Uint8Array[];
  /** Further keys of `cursor`, e.g. `postBatchResumeToken`. */
  readonly extra?: Document;
}

/** What a command answers: a document, with at most one page of a cursor under `cursor`. */
export interface Reply {
  readonly document: Document;
  readonly page?: CursorPage;
  /** The same request is to be answered again (streaming hello). */
  readonly again?: boolean;
  /** How many documents were returned; counted per client. */
  readonly returned?: number;
}

const SERIALIZE_OPTIONS = { ignoreUndefined: true } as const;

/** Bytes of one document; keys whose value is undefined are left out. @throws StoreError 10334 beyond the size of a command. */
export function encodeBson(document: Document): Uint8Array {
  const bytes = serialize(document, SERIALIZE_OPTIONS);
  if (bytes.length <= LIMITS.commandBytes) return bytes;
  throw new StoreError(
    'BSONObjectTooLarge',
    `BSONObj size: ${bytes.length} is invalid. Size must be between 0 and ${LIMITS.commandBytes}`,
  );
}

/** Bytes a document adds to a page besides its own: a type, an array index and its terminator. */
export const PAGE_OVERHEAD_BYTES = 10;
