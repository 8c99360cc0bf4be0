import { type DocumentNode, isTypeDefinitionNode, parse } from 'graphql';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** `schema/base.graphql`, parsed: what every app has, whatever its classes. */
export const BASE_DOCUMENT: DocumentNode = parse(readBaseSdl());

const BUILT_IN_SCALARS = ['ID', 'String', 'Int', 'Float', 'Boolean'];

/** The names that no class may take. */
export const BASE_TYPE_NAMES: ReadonlySet<string> = new Set([
  ...BUILT_IN_SCALARS,
  ...BASE_DOCUMENT.definitions.filter(isTypeDefinitionNode).map(({ name }) => name.value),
]);

// Run from source, this file is two folders below the project's root; compiled, three.
function readBaseSdl(): string {
  const places = ['../../schema/base.graphql', '../../../schema/base.graphql'];
  const paths = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const path = paths.find((each) => existsSync(each));
  if (path === undefined) throw new Error('schema/base.graphql is missing from this installation');
  return readFileSync(path, 'utf8');
}
