import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ClassCatalog } from '../../src/parse/class-schema.ts';
import { buildCatalog } from '../../src/storage/mongo/class-schema-codec.ts';

type Row = Readonly<Record<string, unknown>>;

const folder = fileURLToPath(new URL('../../schema/classes/', import.meta.url));

/** The rows of `schema/classes`, exactly as `_SCHEMA` holds them. */
export const sampleRows: readonly Row[] = readdirSync(folder)
  .sort()
  .map((name) => JSON.parse(readFileSync(`${folder}${name}`, 'utf8')) as Row);

/** Rows → the catalog they make; a row that is no class fails the test. */
export function catalogOf(rows: readonly Row[]): ClassCatalog {
  return buildCatalog(rows, (line) => {
    throw new Error(line);
  });
}

/** The catalog of `schema/classes`. */
export const sampleCatalog: ClassCatalog = catalogOf(sampleRows);

/** The sample classes and some with only a name. */
export function catalogWith(...classNames: readonly string[]): ClassCatalog {
  return catalogOf([...sampleRows, ...classNames.map((_id) => ({ _id, note: 'string' }))]);
}
