import type { GraphQLInputFieldConfigMap } from 'graphql';
import { baseScalar } from './base-types.ts';
import type { BuiltClass } from './built-class.ts';

/** What a write may be made to depend on; of a class whose objects can be listed. */
export function conditionFields({ plan, inputs }: BuiltClass): GraphQLInputFieldConfigMap {
  return {
    where: {
      type: inputs.where,
      description: 'Writes only what matches; else code 409 and nothing is written.',
    },
    ifUpdatedAt: {
      type: baseScalar('Date'),
      description: `Writes only a ${plan.names.type} that was last changed at this moment; else code 409.`,
    },
  };
}

/** `operations`, for a class with columns that have any. */
export function operationsField({ plan, inputs }: BuiltClass): GraphQLInputFieldConfigMap {
  if (!plan.hasOperations) return {};
  return {
    operations: {
      type: inputs.operations,
      description: 'Changes made in the database, from the values that are there.',
    },
  };
}
