import type { ByteRange, StoredFile } from '../storage/file-store.ts';
import type { guarded } from './guarded-brand.ts';

export type { ByteRange, StoredFile };

/**
 * The stored files as one principal may use them. Files have no ACL: whoever may download and knows a name gets its bytes.
 *
 * Every method throws `GatewayError` 2 while the database is away.
 */
export interface GuardedFiles {
  /** Only access/ can make one. */
  readonly [guarded]: true;
  /** The master key's uploads are not held to the list of extensions. */
  readonly isMaster: boolean;
  /** Cost: none, 1 command where the rules tell anonymous users from others. @throws GatewayError 130 for who may not, 119 for a read-only key. */
  assertMayUpload(): Promise<void>;
  /** Whole or not at all. @throws GatewayError as `assertMayUpload`; what `bytes` throws. */
  write(name: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredFile>;
  /** The newest file of this name. @throws GatewayError 119 for who may not download. */
  find(name: string): Promise<StoredFile | undefined>;
  /** The bytes of a file that `find` found, as fast as they are taken. */
  read(file: StoredFile, range: ByteRange): AsyncIterable<Uint8Array>;
  /** Takes back a file that this same door has written; does nothing for any other. */
  undo(file: StoredFile): Promise<void>;
  /** @throws GatewayError 119 without the master key, 153 when there is no such file. */
  delete(name: string): Promise<void>;
}
