import type { GraphQLFieldConfig, GraphQLNamedType } from 'graphql';
import type { ApiContext } from '../api-context.ts';
import type { ClassPlan } from '../plan/api-plan.ts';
import type { ClassInputs } from './input-types.ts';
import type { ClassOutputs } from './object-types.ts';

/** One class with everything built for it. */
export interface BuiltClass {
  readonly plan: ClassPlan;
  readonly inputs: ClassInputs;
  readonly outputs: ClassOutputs;
}

export type RootField = GraphQLFieldConfig<unknown, ApiContext>;

/** What one class adds to a root, and the types that were made for it. */
export interface RootFields {
  readonly fields: Readonly<Record<string, RootField>>;
  readonly types: readonly GraphQLNamedType[];
}
