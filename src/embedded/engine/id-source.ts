import type { Catalog } from './tables/catalog.ts';
import { decodeRecordId, indexPrefix } from './tables/index-layout.ts';
import { keyAfter } from './keys/key-range.ts';
import type { KeyValueReader } from './tables/key-value.ts';

/** Numbers for new records, collections and indexes; each handed out once while the store is open. */
export interface IdSource {
  nextRecord(): number;
  nextCollection(): number;
  nextIndex(): number;
}

/** Goes on after the highest numbers in use. */
export function createIdSource(reader: KeyValueReader, catalog: Catalog): IdSource {
  let record = 0;
  let collection = 0;
  let index = 0;
  for (const { id, indexes } of catalog.values()) {
    collection = Math.max(collection, id);
    for (const { id: indexId } of indexes) index = Math.max(index, indexId);
    const start = indexPrefix(id);
    for (const { key } of reader.range('records', { start, end: keyAfter(start), reverse: true })) {
      record = Math.max(record, decodeRecordId(key));
      break;
    }
  }
  return {
    nextRecord: () => (record += 1),
    nextCollection: () => (collection += 1),
    nextIndex: () => (index += 1),
  };
}
