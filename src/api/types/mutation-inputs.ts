import {
  GraphQLID,
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLNonNull,
  GraphQLString,
} from 'graphql';
import { GENERATED_TYPES } from '../plan/names.ts';
import { NO_EXTENSIONS } from './base-types.ts';
import type { BuiltClass } from './built-class.ts';
import { conditionFields, operationsField } from './condition-fields.ts';

const CLIENT_MUTATION_ID = { type: GraphQLString };
const GIVEN_ID = { type: new GraphQLNonNull(GraphQLID) };

/** The three mutation inputs of one class. */
export function mutationInputs(built: BuiltClass) {
  const { plan, inputs } = built;
  const { names } = plan;
  const input = (name: string, fields: () => GraphQLInputFieldConfigMap) =>
    new GraphQLInputObjectType({ name, fields, extensions: NO_EXTENSIONS });
  return {
    create: input(GENERATED_TYPES.createInput(names.type), () => ({
      fields: { type: inputs.createFields },
      clientMutationId: CLIENT_MUTATION_ID,
    })),
    update: input(GENERATED_TYPES.updateInput(names.type), () => ({
      id: GIVEN_ID,
      fields: { type: inputs.updateFields },
      ...operationsField(built),
      ...conditionFields(built),
      clientMutationId: CLIENT_MUTATION_ID,
    })),
    destroy: input(GENERATED_TYPES.deleteInput(names.type), () => ({
      id: GIVEN_ID,
      ...conditionFields(built),
      clientMutationId: CLIENT_MUTATION_ID,
    })),
  };
}
