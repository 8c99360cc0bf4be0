import type { ChangeStream, Document } from 'mongodb';

/** Anything of the driver that sends its first command only when it is iterated. */
interface Lazy {
  cursorInit(): Promise<void>;
}

function isLazy(value: unknown): value is Lazy {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, 'cursorInit') === 'function'
  );
}

/**
 * Sends the first command of a cursor, and no other; what it brings stays buffered for the first iteration.
 *
 * @throws Error when the driver has changed inside.
 */
export async function sendFirstCommand(cursor: unknown): Promise<void> {
  if (!isLazy(cursor)) throw new Error('the driver no longer has AbstractCursor#cursorInit');
  await cursor.cursorInit();
}

/**
 * Opens a change stream on the server, so that it sees what is written from now on.
 *
 * Asking for an element would do so too, but waits for one, and can take it out of the stream.
 */
export async function openChangeStream<Schema extends Document, Change extends Document>(
  stream: ChangeStream<Schema, Change>,
): Promise<ChangeStream<Schema, Change>> {
  await sendFirstCommand(Reflect.get(stream, 'cursor'));
  return stream;
}
