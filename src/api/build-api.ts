import { type GraphQLNamedType, GraphQLObjectType, type GraphQLSchema } from 'graphql';
import type { ClassCatalog } from '../parse/class-schema.ts';
import type { ApiContext } from './api-context.ts';
import { BASE_SCHEMA } from './base-schema.ts';
import type { ApiPlan } from './plan/api-plan.ts';
import { planApi } from './plan/plan-api.ts';
import { runSteps, type Steps } from './steps.ts';
import type { BuiltClass, RootField, RootFields } from './types/built-class.ts';
import { explanationField } from './types/explanation-field.ts';
import { buildInputs } from './types/input-types.ts';
import { mutationFields } from './types/mutation-fields.ts';
import { buildOutputs } from './types/object-types.ts';
import { queryFields } from './types/query-fields.ts';
import { ServedSchema, type TypeMap } from './types/served-schema.ts';
import { buildLiveEvent, subscriptionFields } from './types/subscription-fields.ts';

export interface BuildApiOptions {
  /** The stored GraphQL configuration, as JSON; `undefined` when there is none. */
  readonly graphqlConfig?: unknown;
}

/** A built API, and what its operator should know: renames and ignored settings, one sentence each. */
export interface BuiltApi {
  readonly schema: GraphQLSchema;
  readonly report: readonly string[];
}

/**
 * Classes → the API that serves them, in the names and shapes of Parse Server's GraphQL API. Pure: nothing is read or fetched.
 *
 * No catalog makes it fail: whatever cannot be served under its own name is renamed, and `report` says so.
 * @see https://docs.parseplatform.org/graphql/guide/
 */
export function buildApi(catalog: ClassCatalog, options: BuildApiOptions = {}): BuiltApi {
  return runSteps(buildApiInSteps(catalog, options));
}

/** As `buildApi`, class by class, for a server that has requests to answer meanwhile. */
export function* buildApiInSteps(
  catalog: ClassCatalog,
  options: BuildApiOptions = {},
): Steps<BuiltApi> {
  const api = yield* planApi(catalog, options.graphqlConfig);
  const inputs = yield* buildInputs(api);
  const outputs = yield* buildOutputs(api, inputs);
  const parts = new SchemaParts(api);
  parts.addTypes([outputs.arrayResult]);
  for (const plan of api.classes.values()) {
    const classInputs = inputs.get(plan.schema.className);
    const classOutputs = outputs.byClass.get(plan.schema.className);
    if (classInputs === undefined || classOutputs === undefined) continue;
    parts.addClass({ plan, inputs: classInputs, outputs: classOutputs });
    yield;
  }
  const schema = yield* parts.buildSchema();
  return { schema, report: api.report };
}

type Fields = Record<string, RootField>;

/** Gathers types and root fields, class by class. */
class SchemaParts {
  readonly #api: ApiPlan;
  readonly #types = Object.create(null) as TypeMap;
  readonly #query: Fields;
  readonly #mutation: Fields = {};
  readonly #subscription: Fields = {};
  readonly #liveEvent: ReturnType<typeof buildLiveEvent>;

  constructor(api: ApiPlan) {
    this.#api = api;
    this.#query = baseQueries(api);
    this.#liveEvent = buildLiveEvent(api.names.liveEvent);
    this.addTypes(sharedTypes());
    this.#addFields(this.#query, explanationField(api.names));
  }

  /** Also what no field refers to: Parse Server's API has the inputs of every class. */
  addClass(built: BuiltClass): void {
    const { inputs, outputs } = built;
    this.addTypes(Object.values<GraphQLNamedType>({ ...outputs, ...inputs }));
    this.#addFields(this.#query, queryFields(built, this.#api));
    this.#addFields(this.#mutation, mutationFields(built, this.#api));
    this.#addFields(this.#subscription, subscriptionFields(built, this.#api, this.#liveEvent));
  }

  addTypes(types: readonly GraphQLNamedType[]): void {
    for (const type of types) {
      const known = this.#types[type.name];
      if (known !== undefined && known !== type) throw new Error(`two types named ${type.name}`);
      this.#types[type.name] = type;
    }
  }

  *buildSchema(): Steps<GraphQLSchema> {
    const query = yield* buildRoot('Query', this.#query);
    const mutation = yield* buildRoot('Mutation', this.#mutation);
    const subscription = yield* buildRoot(this.#api.names.subscriptionRoot, this.#subscription);
    const roots = [query, mutation, subscription];
    this.addTypes(roots.filter((root) => root !== undefined));
    if (subscription !== undefined) this.addTypes([this.#liveEvent]);
    if (query === undefined) throw new Error('an API without queries');
    const extensions = { apiPlan: this.#api };
    return new ServedSchema({ query, mutation, subscription, types: this.#types, extensions });
  }

  #addFields(to: Fields, { fields, types }: RootFields): void {
    Object.assign(to, fields);
    this.addTypes(types);
  }
}

/** A root with its fields made: it is what every request asks for. */
function* buildRoot(
  name: string,
  fields: Fields,
): Steps<GraphQLObjectType<unknown, ApiContext> | undefined> {
  if (Object.keys(fields).length === 0) return undefined;
  const root = new GraphQLObjectType<unknown, ApiContext>({ name, fields });
  yield;
  root.getFields();
  yield;
  return root;
}

function baseQueries({ names }: ApiPlan): Fields {
  const { nodes, ...fields } = BASE_SCHEMA.getQueryType()?.toConfig().fields ?? {};
  return nodes === undefined ? fields : { ...fields, [names.nodes]: nodes };
}

// Types no field refers to yet are part of the API all the same: clients name them in fragments.
function sharedTypes(): readonly GraphQLNamedType[] {
  return Object.values(BASE_SCHEMA.getTypeMap()).filter(
    (type) => !type.name.startsWith('__') && !['Query', 'LiveEvent'].includes(type.name),
  );
}
