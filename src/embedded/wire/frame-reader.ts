import { LIMITS } from '../limits.ts';
import { ProtocolError } from './protocol-error.ts';

const HEADER_BYTES = 16;

/** Cuts a stream of bytes into messages. */
export interface FrameReader {
  push(chunk: Buffer): void;
  /**
   * The next whole message with its header, or undefined until more bytes come.
   * @throws ProtocolError when the announced length cannot be a message's.
   */
  next(): Buffer | undefined;
  /** Bytes received and not handed out yet. */
  readonly bufferedBytes: number;
}

/** Reads length-prefixed messages; a message that arrives in one chunk is handed out without copying. */
export function createFrameReader(): FrameReader {
  let chunks: Buffer[] = [];
  let buffered = 0;

  const gather = (): Buffer => {
    const [first] = chunks;
    const all = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    chunks = [all];
    return all;
  };

  const announcedLength = (): number => {
    const [first] = chunks;
    const head = first !== undefined && first.length >= 4 ? first : gather();
    const length = head.readInt32LE(0);
    if (length < HEADER_BYTES || length > LIMITS.messageBytes) {
      throw new ProtocolError(`a message of ${length} bytes was announced`);
    }
    return length;
  };

  return {
    push(chunk) {
      chunks.push(chunk);
      buffered += chunk.length;
    },
    next() {
      if (buffered < 4) return undefined;
      const length = announcedLength();
      if (buffered < length) return undefined;
      const all = gather();
      chunks = all.length > length ? [all.subarray(length)] : [];
      buffered -= length;
      return all.subarray(0, length);
    },
    get bufferedBytes() {
      return buffered;
    },
  };
}
