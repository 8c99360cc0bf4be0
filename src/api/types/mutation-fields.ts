import {
  type GraphQLFieldConfigMap,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
} from 'graphql';
import type { ApiContext } from '../api-context.ts';
import { GENERATED_TYPES } from '../plan/names.ts';
import type { ApiPlan } from '../plan/api-plan.ts';
import { createResolver, deleteResolver, updateResolver } from '../resolve/write.ts';
import type { BuiltClass } from './built-class.ts';
import { mutationInputs } from './input-types.ts';

/** `createTeam`, `updateTeam` and `deleteTeam` of every class that allows them. */
export function mutationFields(
  api: ApiPlan,
  classes: readonly BuiltClass[],
): GraphQLFieldConfigMap<unknown, ApiContext> {
  const fields: GraphQLFieldConfigMap<unknown, ApiContext> = {};
  for (const { plan, inputs, outputs } of classes) {
    const { names, roots } = plan;
    const input = mutationInputs(plan, inputs);
    const payload = (name: string) =>
      new GraphQLObjectType({
        name,
        fields: {
          [names.payloadField]: { type: new GraphQLNonNull(outputs.object) },
          clientMutationId: { type: GraphQLString },
        },
      });
    if (roots.create) {
      const type = payload(GENERATED_TYPES.createPayload(names.type));
      const resolve = createResolver(plan, type.name, api);
      fields[names.create] = { type, args: { input: { type: input.create } }, resolve };
    }
    if (roots.update) {
      const type = payload(GENERATED_TYPES.updatePayload(names.type));
      const resolve = updateResolver(plan, type.name, api);
      fields[names.update] = { type, args: { input: { type: input.update } }, resolve };
    }
    if (roots.destroy) {
      const type = payload(GENERATED_TYPES.deletePayload(names.type));
      const resolve = deleteResolver(plan, type.name);
      fields[names.destroy] = { type, args: { input: { type: input.destroy } }, resolve };
    }
  }
  return fields;
}
