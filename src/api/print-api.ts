import { lexicographicSortSchema, printSchema } from 'graphql';
import type { ClassCatalog } from '../parse/class-schema.ts';
import { buildApi, type BuildApiOptions } from './build-api.ts';

/** The SDL of the API that serves these classes: sorted, so that equal APIs print alike; ends with a newline. */
export function printApi(catalog: ClassCatalog, options: BuildApiOptions = {}): string {
  return `${printSchema(lexicographicSortSchema(buildApi(catalog, options).schema))}\n`;
}
