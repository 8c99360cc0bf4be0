import type { MongoClient } from 'mongodb';

/** Names the client to the server, in its logs and counters. */
export const APP_NAME = 'parse-graphql-gateway';

/** The comment of commands that no request asked for (the change stream, the catalog, indexes): they are not counted. */
export const BACKGROUND_COMMENT = 'parse-graphql-gateway background';

/** One command that went to the database, as the driver saw it. */
export interface CommandEvent {
  /** The command's word: `find`, `aggregate`, `insert`, `findAndModify`, `getMore`, … */
  readonly name: string;
  /** The collection, or the database for commands without one. */
  readonly collection: string;
  /** The command as it was sent, the driver's own additions included. */
  readonly body: Readonly<Record<string, unknown>>;
  /** When it was sent, on the clock of `performance.now()`. */
  readonly startedAtMs: number;
  readonly durationMs: number;
  readonly isOk: boolean;
}

/** Words of opening and closing connections and cursors. */
const UNCOUNTED: ReadonlySet<string> = new Set([
  'endSessions',
  'killCursors',
  'hello',
  'buildInfo',
]);

/**
 * Tells `onCommand` of each command of the client as it ends, `getMore`s included. Not told: those of the change stream and other
 * background work, and of opening and closing. The client must have been made with `monitorCommands`.
 */
export function observeCommands(client: MongoClient, onCommand: (event: CommandEvent) => void) {
  const started = new Map<number, Omit<CommandEvent, 'durationMs' | 'isOk'>>();
  const finish = (requestId: number, isOk: boolean): void => {
    const command = started.get(requestId);
    if (command === undefined) return;
    started.delete(requestId);
    // The driver's own figure is whole milliseconds.
    onCommand({ ...command, durationMs: performance.now() - command.startedAtMs, isOk });
  };
  client.on('commandStarted', ({ requestId, commandName, command, databaseName }) => {
    const sent = command as Readonly<Record<string, unknown>>;
    if (sent['comment'] === BACKGROUND_COMMENT || UNCOUNTED.has(commandName)) return;
    const collection = commandName === 'getMore' ? sent['collection'] : sent[commandName];
    started.set(requestId, {
      name: commandName,
      collection: typeof collection === 'string' ? collection : databaseName,
      body: sent,
      startedAtMs: performance.now(),
    });
  });
  client.on('commandSucceeded', ({ requestId }) => {
    finish(requestId, true);
  });
  client.on('commandFailed', ({ requestId }) => {
    finish(requestId, false);
  });
}
