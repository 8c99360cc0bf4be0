import { BACKGROUND_COMMENT } from './observe-commands.ts';

/** How commands are sent. */
export interface CommandOptions {
  /** Stands before every collection's name. */
  readonly collectionPrefix: string;
  readonly maxTimeMs: number;
  /** True for what no request asked for: `observeCommands` does not tell of it. */
  readonly isBackground?: boolean;
}

/** Rules by which texts are equal. */
export interface Collation {
  readonly locale: string;
  readonly strength: number;
}

/** What a command says besides itself when no request asked for it; nothing otherwise. */
export function commentOf({ isBackground }: Pick<CommandOptions, 'isBackground'>): {
  readonly comment?: string;
} {
  return isBackground === true ? { comment: BACKGROUND_COMMENT } : {};
}
