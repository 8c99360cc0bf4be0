import type { KeyValueReader, KeyValueWriter } from './key-value.ts';

/** How many documents a collection holds, and their bytes. */
export interface CollectionSize {
  readonly documents: number;
  readonly bytes: number;
}

const EMPTY: CollectionSize = { documents: 0, bytes: 0 };

function sizeKey(collectionId: number): Buffer {
  return Buffer.from(`size:${collectionId}`);
}

export function readSize(reader: KeyValueReader, collectionId: number): CollectionSize {
  const bytes = reader.get('meta', sizeKey(collectionId));
  return bytes === undefined
    ? EMPTY
    : { documents: bytes.readDoubleBE(0), bytes: bytes.readDoubleBE(8) };
}

export function writeSize(
  writer: KeyValueWriter,
  collectionId: number,
  size: CollectionSize,
): void {
  const value = Buffer.allocUnsafe(16);
  value.writeDoubleBE(size.documents, 0);
  value.writeDoubleBE(size.bytes, 8);
  writer.put('meta', sizeKey(collectionId), value);
}

export function removeSize(writer: KeyValueWriter, collectionId: number): void {
  writer.remove('meta', sizeKey(collectionId));
}
