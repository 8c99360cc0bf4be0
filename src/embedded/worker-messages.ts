import type { CommandCounters } from './commands/state/counters.ts';
import type { LogLine } from './commands/state/store-state.ts';

/** What the owner gives the store's thread at its start. */
export interface StoreWorkerOptions {
  readonly dataDirectory: string;
  readonly port: number;
  readonly host: string;
  readonly standalone: boolean;
}

/** Questions of the owner, each answered once under its id. */
export type ToWorker =
  | { readonly kind: 'counters'; readonly id: number; readonly appName: string | undefined }
  | { readonly kind: 'resetCounters'; readonly id: number; readonly appName: string | undefined }
  | { readonly kind: 'close'; readonly id: number };

/** What the store's thread says. */
export type FromWorker =
  | { readonly kind: 'ready'; readonly port: number }
  | { readonly kind: 'log'; readonly line: LogLine }
  | { readonly kind: 'counters'; readonly id: number; readonly counters: CommandCounters }
  | { readonly kind: 'done'; readonly id: number };
