import type { GraphQLSchema } from 'graphql';
import type { ParseObject } from '../../parse/object.ts';
import type { ApiPlan, ClassPlan } from '../plan/api-plan.ts';

declare module 'graphql' {
  interface GraphQLSchemaExtensions {
    /** The plan this schema was built from. */
    apiPlan?: ApiPlan;
  }
}

/** The plan a schema was built from. */
export function planOf(schema: GraphQLSchema): ApiPlan {
  const plan = schema.extensions.apiPlan;
  if (plan === undefined) throw new Error('this schema was not built by buildApi');
  return plan;
}

/** The object type that shows this object. @throws Error when its class is not served. */
export function typeOfObject(object: ParseObject, schema: GraphQLSchema): string {
  return planOfClass(object.className, schema).names.type;
}

/** The plan of a class that is served. */
export function planOfClass(className: string, schema: GraphQLSchema): ClassPlan {
  const plan = planOf(schema).classes.get(className);
  if (plan === undefined) throw new Error(`class "${className}" is not served`);
  return plan;
}
