import type { Document, Namespace } from '../engine/engine.ts';
import { numberFrom, wrongType } from './arguments.ts';
import type { CommandRequest } from './command.ts';
import { namespaceText } from './namespaces.ts';
import type { Reply } from './reply.ts';
import type { CursorSource } from './state/cursors.ts';
import type { StoreState } from './state/store-state.ts';
import { withoutFields } from './without-fields.ts';

const DEFAULT_FIRST_BATCH = 101;

/** How the first page of a new cursor is cut. */
export interface FirstPage {
  readonly namespace: Namespace;
  readonly batchSize?: number | undefined;
  /** The cursor ends with its first page. */
  readonly single?: boolean;
  readonly noTimeout?: boolean;
  readonly isChangeStream?: boolean;
  /** Further keys of the reply besides `cursor`. */
  readonly document?: Document;
}

/** `batchSize` of a `cursor` sub-document. @throws StoreError 14 when it is no number. */
export function batchSizeOf(cursor: Document | undefined): number | undefined {
  const value = cursor?.['batchSize'];
  if (value === undefined || value === null) return undefined;
  const size = numberFrom(value);
  if (size === undefined || size < 0) throw wrongType('cursor.batchSize', value, ['long']);
  return Math.trunc(size);
}

/**
 * Takes the first page of a source and answers it, keeping the source as a cursor when there may be more.
 *
 * The source is closed when this throws and when there is no more.
 */
export async function openCursor(
  request: CommandRequest,
  state: StoreState,
  source: CursorSource,
  first: FirstPage,
): Promise<Reply> {
  let isKept = false;
  try {
    const page = await source.take({
      batchSize: first.batchSize ?? DEFAULT_FIRST_BATCH,
      deadline: request.deadline,
      cost: request.cost,
      awaitMs: 0,
    });
    let id = 0n;
    if (!page.exhausted && first.single !== true) {
      id = state.cursors.open(source, {
        namespace: first.namespace,
        noTimeout: first.noTimeout ?? false,
        isChangeStream: first.isChangeStream ?? false,
        origin: withoutFields(request.body, 'lsid', '$clusterTime', '$db'),
        ...(request.session === undefined ? {} : { sessionKey: request.session.key }),
        ...(request.transaction === undefined ? {} : { txnNumber: request.transaction.txnNumber }),
      }).id;
      isKept = true;
    }
    return {
      document: first.document ?? {},
      page: {
        field: 'firstBatch',
        id,
        namespace: namespaceText(first.namespace),
        documents: page.documents,
        ...(page.extra === undefined ? {} : { extra: page.extra }),
      },
    };
  } finally {
    if (!isKept) source.close();
  }
}
