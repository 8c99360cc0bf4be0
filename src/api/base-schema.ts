import { makeExecutableSchema } from '@graphql-tools/schema';
import type { GraphQLSchema } from 'graphql';
import { BASE_DOCUMENT } from './base-sdl.ts';
import { BASE_RESOLVERS } from './types/base-resolvers.ts';

/**
 * What every app has, whatever its classes: `schema/base.graphql` with its scalars and abstract types made executable.
 * Its types are part of each schema that is built; they hold nothing of any app.
 */
export const BASE_SCHEMA: GraphQLSchema = makeExecutableSchema({
  typeDefs: BASE_DOCUMENT,
  resolvers: BASE_RESOLVERS,
});
