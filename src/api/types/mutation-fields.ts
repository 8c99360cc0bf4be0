import {
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
import { mutationInputs } from './input-types.ts';

/** `createTeam`, `updateTeam` and `deleteTeam` of one class, as far as it allows them, and the types made for them. */
export function mutationFields({ plan, inputs, outputs }: BuiltClass, api: ApiPlan): RootFields {
  const { names, roots } = plan;
  const input = mutationInputs(plan, inputs);
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
    add(names.destroy, input.destroy, payload, deleteResolver(plan, payload));
  }
  return { fields, types };
}
