import type { Document, MongoClient } from 'mongodb';
import type { EntityMap } from './entities.ts';
import type { SpecOperation } from './spec-file.ts';

/** What the operations of one running test share. */
export interface RunContext {
  readonly uri: string;
  /** The runner's own client: sets up, cleans up, and looks at the outcome. */
  readonly internalClient: MongoClient;
  readonly entities: EntityMap;
  /** Undoes what a test did to the server, e.g. its fail points; run after the test, last first. */
  readonly cleanUps: (() => Promise<unknown>)[];
  /**
   * Runs one operation and asserts its result or error.
   *
   * @throws MismatchError or RefusedError when an assertion fails; with `rethrow` also the operation's own error.
   */
  run(operation: SpecOperation, onError?: 'assert' | 'rethrow'): Promise<void>;
}

/** One operation: arguments are decoded (sessions, concerns); the result is what assertions see. */
export type OperationTable<Entity> = Readonly<
  Record<string, (entity: Entity, args: Document, context: RunContext) => Promise<unknown>>
>;
