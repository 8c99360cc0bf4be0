import type { GraphQLFieldConfigMap } from 'graphql';
import type { ApiContext } from '../api-context.ts';
import type { BuiltClass } from './built-class.ts';
import type { ApiPlan } from '../plan/plan-api.ts';
export function subscriptionFields(
  _api: ApiPlan,
  _classes: readonly BuiltClass[],
): GraphQLFieldConfigMap<unknown, ApiContext> {
  return {};
}
