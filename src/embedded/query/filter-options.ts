import type { Collation, Document, IndexSpec } from '../engine/engine.ts';

/** What a filter is read with besides itself. */
export interface FilterOptions {
  readonly collation?: Collation | undefined;
  /** Values of `let` variables for `$expr`. */
  readonly variables?: Document | undefined;
  /** The collection's text index; without one `$text` is refused. */
  readonly textIndex?: IndexSpec | undefined;
  /** The command's start, for `$$NOW`. */
  readonly now?: Date | undefined;
}
