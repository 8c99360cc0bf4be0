import type { AbstractCursor, ChangeStream, Document } from 'mongodb';
import type { OperationTable } from '../run-context.ts';

/** Operations of change stream entities. */
export const CHANGE_STREAM_OPERATIONS: OperationTable<ChangeStream> = {
  iterateUntilDocumentOrError: async (stream) => stream.next(),
  iterateOnce: async (stream) => stream.tryNext(),
  close: async (stream) => stream.close().catch(() => undefined),
};

/** Operations of find and command cursor entities. */
export const CURSOR_OPERATIONS: OperationTable<AbstractCursor<Document>> = {
  async iterateUntilDocumentOrError(cursor) {
    for (;;) {
      const document = await cursor.next();
      if (document !== null || cursor.closed) return document;
    }
  },
  iterateOnce: async (cursor) => cursor.tryNext(),
  close: async (cursor) => cursor.close().catch(() => undefined),
};

/**
 * Sends the first command of a change stream, which the driver puts off until the first iteration.
 *
 * Asking for an element would do so too, but sends a `getMore` and can take an event out of the stream.
 */
export async function openChangeStream(stream: ChangeStream): Promise<ChangeStream> {
  const cursor: unknown = Reflect.get(stream, 'cursor');
  if (!isInitialisable(cursor)) throw new Error('the driver no longer has ChangeStream#cursor');
  await cursor.cursorInit();
  return stream;
}

/** Sends the first command of a cursor; what it brings stays buffered for the first iteration. */
export async function openCursor<Cursor extends AbstractCursor<Document>>(
  cursor: Cursor,
): Promise<Cursor> {
  const lazy: unknown = cursor;
  if (!isInitialisable(lazy)) throw new Error('the driver no longer has cursorInit');
  await lazy.cursorInit();
  return cursor;
}

interface Initialisable {
  cursorInit(): Promise<void>;
}

function isInitialisable(value: unknown): value is Initialisable {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'cursorInit') === 'function'
  );
}
