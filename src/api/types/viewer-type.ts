import { GraphQLNonNull, GraphQLObjectType, GraphQLString } from 'graphql';
import { resolveViewerUser } from '../resolve/viewer.ts';
import type { BuiltClass } from './built-class.ts';

const MADE = new WeakMap<BuiltClass['outputs'], GraphQLObjectType>();

/** `Viewer` of one API: a session and its user. */
export function viewerType({ plan, outputs }: BuiltClass): GraphQLObjectType {
  const known = MADE.get(outputs);
  if (known !== undefined) return known;
  const viewer = new GraphQLObjectType({
    name: 'Viewer',
    fields: () => ({
      sessionToken: { type: new GraphQLNonNull(GraphQLString) },
      user: { type: new GraphQLNonNull(outputs.object), resolve: resolveViewerUser(plan) },
    }),
  });
  MADE.set(outputs, viewer);
  return viewer;
}
