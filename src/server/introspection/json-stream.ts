import { Readable } from 'node:stream';
import { createTurnTaker } from '../take-turns.ts';

/** Characters that are sent together. */
const CHUNK_LENGTH = 32_768;
/** Below that many levels a value is written as a whole: in an introspection, a single field of a type. */
const LEVELS = 6;

/** A large JSON value as the bytes of its text, written in turns with others: as a whole, 10 MB are a stall of a tenth of a second. */
export function jsonStream(value: unknown): Readable {
  return Readable.from(jsonChunks(value));
}

async function* jsonChunks(value: unknown): AsyncGenerator<Buffer> {
  const turn = createTurnTaker();
  let chunk = '';
  for (const part of jsonParts(value, LEVELS)) {
    chunk += part;
    if (chunk.length >= CHUNK_LENGTH) {
      yield Buffer.from(chunk);
      chunk = '';
    }
    const over = turn();
    if (over !== undefined) await over;
  }
  yield Buffer.from(chunk);
}

/** The text of `JSON.stringify`, in parts. */
function* jsonParts(value: unknown, levels: number): Generator<string> {
  if (levels === 0 || typeof value !== 'object' || value === null) {
    yield JSON.stringify(value);
    return;
  }
  const isList = Array.isArray(value);
  let separator = isList ? '[' : '{';
  for (const [key, each] of Object.entries(value) as [string, unknown][]) {
    if (each === undefined || typeof each === 'function') continue;
    yield isList ? separator : `${separator}${JSON.stringify(key)}:`;
    yield* jsonParts(each, levels - 1);
    separator = ',';
  }
  if (separator !== ',') yield separator;
  yield isList ? ']' : '}';
}
