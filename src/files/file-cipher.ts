import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { GuardedFiles, StoredFile } from '../access/guarded-files.ts';
import { GatewayError } from '../parse/errors.ts';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 16;
const TAG_BYTES = 16;
/** Initialization vector and tag follow the encrypted bytes. */
const TAIL_BYTES = IV_BYTES + TAG_BYTES;

/** Encrypts files as Parse Server does with a `fileKey`, in one pass. */
export interface FileCipher {
  encrypt(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array>;
  /** Bytes stored → bytes of the file; `undefined` when that is too short to be an encrypted file. */
  plainLength(storedLength: number): number | undefined;
  /**
   * The whole file. The last piece is given only when all of it has proved to be what was stored.
   * @throws GatewayError 1 when it was stored without this key, or was changed.
   */
  decrypt(files: Pick<GuardedFiles, 'read'>, file: StoredFile): AsyncIterable<Uint8Array>;
}

/** @see https://csrc.nist.gov/pubs/sp/800/38/d/final for the algorithm */
export function createFileCipher(fileKey: string): FileCipher {
  // Parse Server takes 32 letters of base64, not 32 bytes.
  const key = createHash('sha256').update(fileKey).digest('base64').slice(0, 32);

  return {
    async *encrypt(bytes) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, iv);
      for await (const piece of bytes) yield cipher.update(piece);
      yield Buffer.concat([cipher.final(), iv, cipher.getAuthTag()]);
    },

    plainLength: (storedLength) =>
      storedLength < TAIL_BYTES ? undefined : storedLength - TAIL_BYTES,

    async *decrypt(files, file) {
      const end = file.length - TAIL_BYTES;
      const tail = await readWhole(files.read(file, { start: end, end: file.length }));
      const decipher = createDecipheriv(ALGORITHM, key, tail.subarray(0, IV_BYTES));
      decipher.setAuthTag(tail.subarray(IV_BYTES));
      let held: Uint8Array | undefined;
      for await (const piece of files.read(file, { start: 0, end })) {
        if (held !== undefined) yield held;
        held = decipher.update(piece);
      }
      try {
        decipher.final();
      } catch (cause) {
        const message = 'a stored file was not encrypted with this fileKey';
        throw new GatewayError('InternalServerError', message, { cause });
      }
      if (held !== undefined) yield held;
    },
  };
}

async function readWhole(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces);
}
