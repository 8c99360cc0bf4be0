import type { ByteRange, GuardedFiles, StoredFile } from '../access/guarded-files.ts';
import { GatewayError } from '../parse/errors.ts';
import type { FileCipher } from './file-cipher.ts';
import { assertFileName, storedNameOf } from './file-name.ts';
import type { FileRules } from './file-rules.ts';
import { assertAllowedType } from './file-type.ts';

/** A file on its way in. */
export interface ArrivingFile {
  /** As the sender calls it. */
  readonly name: string;
  /** As the sender says, without parameters; `''` when it says nothing. */
  readonly contentType: string;
  readonly bytes: AsyncIterable<Uint8Array>;
}

/** A file that was just stored. */
export interface SavedFile {
  /** The name it is found under. */
  readonly name: string;
  /** Removes it again. */
  undo(): Promise<void>;
}

/** A stored file that can be read. */
export interface OpenFile {
  readonly name: string;
  readonly version: string;
  readonly storedAt: Date;
  readonly metadata: StoredFile['metadata'];
  /** Of what is read, in bytes. */
  readonly length: number;
  /** False: only the whole can be read. */
  readonly isSeekable: boolean;
  read(range: ByteRange): AsyncIterable<Uint8Array>;
}

/** Files for one principal: Parse's rules for names, types and sizes over `GuardedFiles`. */
export interface FileService {
  /**
   * Stores the bytes as they come, whole or not at all.
   * @throws GatewayError 122 for the name; 130 for the type, the size, an empty file, or who may not; what `bytes` throws.
   */
  save(file: ArrivingFile): Promise<SavedFile>;
  /** Cost: 1 command. @throws GatewayError 119 for who may not download. */
  open(name: string): Promise<OpenFile | undefined>;
  /** Cost: 3 commands. @throws GatewayError 119 without the master key, 153 when there is no such file. */
  delete(name: string): Promise<void>;
}

/** How files are kept. */
export interface FileServiceOptions {
  readonly rules: FileRules;
  /** Present: files are stored encrypted. */
  readonly cipher: FileCipher | undefined;
}

/** Binds the rules to one principal's files. */
export function createFileService(
  files: GuardedFiles,
  { rules, cipher }: FileServiceOptions,
): FileService {
  return {
    async save({ name, contentType, bytes }) {
      await files.assertMayUpload();
      assertFileName(name);
      if (!files.isMaster) assertAllowedType(name, contentType, rules);
      const limited = limitedBytes(bytes, rules.maxBytes);
      const stored = cipher === undefined ? limited : cipher.encrypt(limited);
      const file = await files.write(storedNameOf(name, contentType, rules), stored);
      return { name: file.name, undo: () => files.undo(file) };
    },

    async open(name) {
      const file = await files.find(name);
      if (file === undefined) return undefined;
      const { version, storedAt, metadata } = file;
      const plain = { name, version, storedAt, metadata };
      if (cipher === undefined) {
        const { length } = file;
        return { ...plain, length, isSeekable: true, read: (range) => files.read(file, range) };
      }
      const length = cipher.plainLength(file.length);
      if (length === undefined) return undefined;
      return { ...plain, length, isSeekable: false, read: () => cipher.decrypt(files, file) };
    },

    delete: (name) => files.delete(name),
  };
}

/** The same bytes. @throws GatewayError 130 after the limit, and at the end of nothing. */
async function* limitedBytes(
  bytes: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  let length = 0;
  for await (const piece of bytes) {
    length += piece.length;
    if (length > maxBytes) {
      const message = `File size exceeds maximum allowed: ${maxBytes} bytes.`;
      throw new GatewayError('FileSaveError', message);
    }
    yield piece;
  }
  if (length === 0) throw new GatewayError('FileSaveError', 'Invalid file upload.');
}
