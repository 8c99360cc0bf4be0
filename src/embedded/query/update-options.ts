import type { Collation, Document } from '../engine/engine.ts';

/** What an update may need besides itself. */
export interface UpdateOptions {
  readonly arrayFilters?: unknown;
  /** The command's filter, which tells what the positional `$` means. */
  readonly filter?: Document | undefined;
  readonly collation?: Collation | undefined;
  /** Values of `let`, for updates by pipeline. */
  readonly variables?: Document | undefined;
  readonly now?: Date | undefined;
}

/**
 * Changes a document. The result is a new document, or the very same when nothing changes. With
 * `isInsert`, for an upsert, `$setOnInsert` counts and `_id` may be set.
 */
export type ApplyUpdate = (document: Document, how?: { readonly isInsert?: boolean }) => Document;
