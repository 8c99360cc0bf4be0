import {
  type GraphQLFieldConfigMap,
  GraphQLID,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
} from 'graphql';
import type { ClassCatalog } from '../parse/class-schema.ts';
import type { ApiContext } from './api-context.ts';
import { BASE_SCHEMA } from './base-schema.ts';
import type { ApiPlan, ClassPlan } from './plan/api-plan.ts';
import { planApi } from './plan/plan-api.ts';
import { findResolver } from './resolve/list.ts';
import { getResolver } from './resolve/object.ts';
import { resolveViewer, resolveViewerUser } from './resolve/viewer.ts';
import { baseInput } from './types/base-types.ts';
import type { BuiltClass } from './types/built-class.ts';
import { buildInputs } from './types/input-types.ts';
import { mutationFields } from './types/mutation-fields.ts';
import {
  type ApiOutputs,
  buildOutputs,
  type ClassOutputs,
  listArguments,
} from './types/object-types.ts';
import { subscriptionFields } from './types/subscription-fields.ts';

export interface BuildApiOptions {
  /** The stored GraphQL configuration, as JSON; `undefined` when there is none. */
  readonly graphqlConfig?: unknown;
}

/** A built API, and what its operator should know: renames and ignored settings, one sentence each. */
export interface BuiltApi {
  readonly schema: GraphQLSchema;
  readonly report: readonly string[];
}

type RootFields = GraphQLFieldConfigMap<unknown, ApiContext>;

/**
 * Classes → the API that serves them, in the names and shapes of Parse Server's GraphQL API. Pure: nothing is read or fetched.
 *
 * No catalog makes it fail: whatever cannot be served under its own name is renamed, and `report` says so.
 * @see https://docs.parseplatform.org/graphql/guide/
 */
export function buildApi(catalog: ClassCatalog, options: BuildApiOptions = {}): BuiltApi {
  const api = planApi(catalog, options.graphqlConfig);
  const inputs = buildInputs(api);
  const outputs = buildOutputs(api, inputs);
  const classes = [...api.classes.values()].flatMap((plan): readonly BuiltClass[] => {
    const classInputs = inputs.get(plan.schema.className);
    const classOutputs = outputs.byClass.get(plan.schema.className);
    return classInputs && classOutputs
      ? [{ plan, inputs: classInputs, outputs: classOutputs }]
      : [];
  });
  const schema = new GraphQLSchema({
    query: root('Query', queryFields(api, classes, outputs)),
    mutation: optionalRoot('Mutation', mutationFields(api, classes)),
    subscription: optionalRoot(api.names.subscriptionRoot, subscriptionFields(api, classes)),
    types: [...sharedTypes(), outputs.arrayResult, ...classes.flatMap(typesOf)],
    extensions: { apiPlan: api },
    // Names are proven free of clashes by tests; checking 6,000 types again at each change of schema would stall requests.
    assumeValid: true,
  });
  return { schema, report: api.report };
}

// Also what no field refers to: Parse Server's API has the inputs of every class.
function typesOf({ inputs, outputs }: BuiltClass): readonly GraphQLNamedType[] {
  return [outputs.object, ...Object.values<GraphQLNamedType>({ ...inputs })];
}

function root(name: string, fields: RootFields): GraphQLObjectType<unknown, ApiContext> {
  return new GraphQLObjectType({ name, fields });
}

function optionalRoot(name: string, fields: RootFields) {
  return Object.keys(fields).length === 0 ? undefined : root(name, fields);
}

// Types no field refers to yet are part of the API all the same: clients name them in fragments.
function sharedTypes(): readonly GraphQLNamedType[] {
  return Object.values(BASE_SCHEMA.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !['Query', 'LiveEvent'].includes(type.name),
  );
}

function queryFields(
  api: ApiPlan,
  classes: readonly BuiltClass[],
  outputs: ApiOutputs,
): RootFields {
  const fields: RootFields = { ...BASE_SCHEMA.getQueryType()?.toConfig().fields };
  for (const { plan, inputs, outputs: built } of classes) {
    if (plan.roots.get) {
      fields[plan.names.get] = {
        type: new GraphQLNonNull(built.object),
        args: {
          id: { type: new GraphQLNonNull(GraphQLID) },
          options: { type: baseInput('ReadOptionsInput') },
        },
        resolve: getResolver(plan),
      };
    }
    if (plan.roots.find) {
      fields[plan.names.find] = {
        type: new GraphQLNonNull(built.connection),
        args: listArguments(inputs),
        resolve: findResolver(plan, api),
      };
    }
  }
  const user = outputs.byClass.get('_User');
  const userPlan = api.classes.get('_User');
  if (user && userPlan) fields['viewer'] = viewerField(user, userPlan);
  return fields;
}

function viewerField({ object }: ClassOutputs, plan: ClassPlan): RootFields[string] {
  const viewer = new GraphQLObjectType({
    name: 'Viewer',
    fields: {
      sessionToken: { type: new GraphQLNonNull(GraphQLString) },
      user: { type: new GraphQLNonNull(object), resolve: resolveViewerUser(plan) },
    },
  });
  return { type: new GraphQLNonNull(viewer), resolve: resolveViewer };
}
