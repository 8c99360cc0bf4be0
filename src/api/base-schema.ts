import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BASE_RESOLVERS } from './types/base-resolvers.ts';

/**
 * What every app has, whatever its classes: `schema/base.graphql` with its scalars and abstract types made executable.
 * Its types are part of each schema that is built; they hold nothing of any app.
 */
export const BASE_SCHEMA: GraphQLSchema = makeExecutableSchema({
  typeDefs: readBaseSdl(),
  resolvers: BASE_RESOLVERS,
});

/** The names that no class may take. */
export const BASE_TYPE_NAMES: ReadonlySet<string> = new Set(
  Object.keys(BASE_SCHEMA.getTypeMap()).filter((name) => !name.startsWith('__')),
);

// Run from source, this file is two folders below the project's root; compiled, three.
function readBaseSdl(): string {
  const places = ['../../schema/base.graphql', '../../../schema/base.graphql'];
  const paths = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const path = paths.find((each) => existsSync(each));
  if (path === undefined) throw new Error('schema/base.graphql is missing from this installation');
  return readFileSync(path, 'utf8');
}
