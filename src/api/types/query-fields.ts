import { GraphQLID, GraphQLNonNull } from 'graphql';
import type { ApiPlan } from '../plan/api-plan.ts';
import { findResolver } from '../resolve/list.ts';
import { getResolver } from '../resolve/object.ts';
import { resolveViewer } from '../resolve/viewer.ts';
import { baseInput, NO_EXTENSIONS } from './base-types.ts';
import type { BuiltClass, RootField, RootFields } from './built-class.ts';
import { listArguments } from './object-types.ts';
import { viewerType } from './viewer-type.ts';

const GIVEN_ID = new GraphQLNonNull(GraphQLID);

/** `team` and `teams` of one class, as far as it allows them; of users also `viewer`. */
export function queryFields(built: BuiltClass, api: ApiPlan): RootFields {
  const { plan, inputs, outputs } = built;
  const fields: Record<string, RootField> = {};
  if (plan.roots.get) {
    fields[plan.names.get] = {
      type: new GraphQLNonNull(outputs.object),
      args: {
        id: { type: GIVEN_ID, extensions: NO_EXTENSIONS },
        options: { type: baseInput('ReadOptionsInput'), extensions: NO_EXTENSIONS },
      },
      extensions: NO_EXTENSIONS,
      resolve: getResolver(plan),
    };
  }
  if (plan.roots.find) {
    fields[plan.names.find] = {
      type: new GraphQLNonNull(outputs.connection),
      args: listArguments(inputs),
      extensions: NO_EXTENSIONS,
      resolve: findResolver(plan, api),
    };
  }
  if (plan.schema.className !== '_User') return { fields, types: [] };
  const viewer = viewerType(built);
  fields['viewer'] = { type: new GraphQLNonNull(viewer), resolve: resolveViewer };
  return { fields, types: [viewer] };
}
