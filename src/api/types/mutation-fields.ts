import {
  type GraphQLFieldConfig,
  type GraphQLFieldConfigMap,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
} from 'graphql';
import type { ApiContext } from '../api-context.ts';
import { GENERATED_TYPES } from '../plan/names.ts';
import type { ApiPlan } from '../plan/api-plan.ts';
import { createResolver, deleteResolver, updateResolver } from '../resolve/write.ts';
import { NO_EXTENSIONS } from './base-types.ts';
import type { BuiltClass, RootFields } from './built-class.ts';
import { mutationInputs } from './mutation-inputs.ts';
import { viewerType } from './viewer-type.ts';

/** `createTeam`, `updateTeam` and `deleteTeam` of one class, as far as it allows them, and the types made for them. */
export function mutationFields(built: BuiltClass, api: ApiPlan): RootFields {
  const { plan, outputs } = built;
  const { names, roots } = plan;
  const isOfUsers = plan.schema.className === '_User';
  const input = mutationInputs(built);
  const types: GraphQLNamedType[] = [];
  const fields: GraphQLFieldConfigMap<unknown, ApiContext> = {};
  const add = (
    name: string,
    inputType: GraphQLInputObjectType,
    payloadType: string,
    resolve: ReturnType<typeof createResolver>,
  ): void => {
    const type = new GraphQLObjectType({
      extensions: NO_EXTENSIONS,
      name: payloadType,
      fields: () => ({
        [names.payloadField]: { type: new GraphQLNonNull(outputs.object) },
        ...(isOfUsers && name === names.update && { viewer: renewedViewer(built) }),
        clientMutationId: { type: GraphQLString },
      }),
    });
    types.push(inputType, type);
    const given = { type: new GraphQLNonNull(inputType), extensions: NO_EXTENSIONS };
    fields[name] = { type, args: { input: given }, resolve, extensions: NO_EXTENSIONS };
  };
  if (roots.create) {
    const payload = GENERATED_TYPES.createPayload(names.type);
    add(names.create, input.create, payload, createResolver(plan, payload, api));
  }
  if (roots.update) {
    const payload = GENERATED_TYPES.updatePayload(names.type);
    add(names.update, input.update, payload, updateResolver(plan, payload, api));
  }
  if (roots.destroy) {
    const payload = GENERATED_TYPES.deletePayload(names.type);
    add(names.destroy, input.destroy, payload, deleteResolver(plan, payload, api));
  }
  return { fields, types };
}

/** Who changes the own password goes on with another session. */
function renewedViewer(built: BuiltClass): GraphQLFieldConfig<unknown, ApiContext> {
  return {
    type: viewerType(built),
    description: 'The session to go on with, when the own one has ended with the old password.',
    resolve: (_payload, _args, { accounts }) => accounts.renewedSession,
  };
}
