import type { Document, ReadCost } from '../engine/engine.ts';
import type { Arguments } from './arguments.ts';
import type { Deadline } from './deadline.ts';
import type { Reply } from './reply.ts';
import type { Client } from './state/client.ts';
import type { RetryableWrite, Session, SessionTransaction } from './state/sessions.ts';
import type { StoreState } from './state/store-state.ts';

/** Sums up what one command cost. */
export interface CostMeter {
  readonly add: (cost: ReadCost) => void;
  readonly keysExamined: number;
  readonly documentsExamined: number;
}

/** The transaction a command runs in. */
export type OpenTransaction = Extract<SessionTransaction, { state: 'open' }>;

/** One command with all that was checked before it runs. */
export interface CommandRequest {
  /** The name as the table has it, whatever spelling the client used. */
  readonly name: string;
  readonly database: string;
  readonly body: Document;
  /** The value of the first field, under which most commands carry their collection. */
  readonly target: unknown;
  readonly args: Arguments;
  readonly client: Client;
  readonly deadline: Deadline;
  readonly cost: CostMeter;
  readonly session: Session | undefined;
  readonly transaction: OpenTransaction | undefined;
  /** Set when the client may send this write again and it must then not be done twice. */
  readonly retryable: RetryableWrite | undefined;
  readonly exhaustAllowed: boolean;
}

/** How one command is called and run. */
export interface Command {
  /** Its own fields besides its name; any other field is refused. */
  readonly fields: readonly string[];
  /** `work` counts towards what a client had the store do; `upkeep` is monitoring and housekeeping. */
  readonly kind: 'work' | 'upkeep';
  readonly inTransaction?: boolean;
  /** Accepts `writeConcern`. */
  readonly writes?: boolean;
  /** May be sent again with the same `txnNumber`. */
  readonly retryable?: boolean;
  /** Part of version 1 of the stable API. */
  readonly stable?: boolean;
  /** Fields are not checked, as MongoDB does not check them either. */
  readonly anyFields?: boolean;
  run(request: CommandRequest, state: StoreState): Reply | Promise<Reply>;
}

/** Commands of one family by name. */
export type CommandFamily = Readonly<Record<string, Command>>;

/** A reply that is one document. */
export function answer(document: Document = {}): Reply {
  return { document };
}
