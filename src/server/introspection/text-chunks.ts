import { createTurnTaker } from '../take-turns.ts';

/** Characters that are sent together. */
const CHUNK_LENGTH = 32_768;

/** A long text as bytes, made and sent in turns with others. */
export async function* textChunks(parts: Iterable<string>): AsyncGenerator<Buffer> {
  const turn = createTurnTaker();
  let chunk = '';
  for (const part of parts) {
    chunk += part;
    if (chunk.length >= CHUNK_LENGTH) {
      yield Buffer.from(chunk);
      chunk = '';
    }
    const over = turn();
    if (over !== undefined) await over;
  }
  if (chunk !== '') yield Buffer.from(chunk);
}
