import type { GraphQLNamedType, GraphQLSchema } from 'graphql';
import type { ClassCatalog } from '../parse/class-schema.ts';
import { BASE_SCHEMA } from './base-schema.ts';
import type { ApiPlan } from './plan/api-plan.ts';
import { planApi } from './plan/plan-api.ts';
import { type ApiOutline, planOutline } from './plan/plan-outline.ts';
import { runSteps, type Steps } from './steps.ts';
import { AllClasses } from './types/all-classes.ts';
import type { RootField, RootFields } from './types/built-class.ts';
import type { RootKind } from './types/class-types.ts';
import { explanationField } from './types/explanation-field.ts';
import { LazyObject } from './types/lazy-object.ts';
import { lazyRecord } from './types/lazy-record.ts';
import { ServedSchema } from './types/served-schema.ts';

export interface BuildApiOptions {
  /** The stored GraphQL configuration, as JSON; `undefined` when there is none. */
  readonly graphqlConfig?: unknown;
  /** The API of the catalog before this one: what is planned of classes that are as they were is taken over. */
  readonly before?: BuiltApi;
}

/** A built API, and what its operator should know: renames and ignored settings, one sentence each. */
export interface BuiltApi {
  readonly schema: GraphQLSchema;
  readonly report: readonly string[];
  readonly plan: ApiPlan;
  readonly outline: ApiOutline;
  /** The classes of which types have been made so far. */
  readonly madeClasses: () => readonly string[];
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

/**
 * As `buildApi`, class by class, for a server that has requests to answer meanwhile. Types are made when requests first ask for
 * them, so that one changed class of hundreds costs little more than itself.
 */
export function* buildApiInSteps(
  catalog: ClassCatalog,
  { graphqlConfig, before }: BuildApiOptions = {},
): Steps<BuiltApi> {
  const plan = yield* planApi(catalog, graphqlConfig, before?.plan);
  const isNamedAlike = before !== undefined && before.plan.naming === plan.naming;
  const isOutlinedAlike = isNamedAlike && isOperatedAlike(before.plan, plan);
  const outline = isOutlinedAlike ? before.outline : yield* planOutline(plan.classes);
  const classes = new AllClasses(plan, outline);
  const schema = buildSchema(plan, outline, classes);
  yield;
  return { schema, report: plan.report, plan, outline, madeClasses: () => classes.madeClasses };
}

/** Whether the same classes have an input of operations: it needs a column that has some. */
function isOperatedAlike(before: ApiPlan, now: ApiPlan): boolean {
  return [...now.classes].every(
    ([className, plan]) => before.classes.get(className)?.hasOperations === plan.hasOperations,
  );
}

function buildSchema(plan: ApiPlan, outline: ApiOutline, classes: AllClasses): GraphQLSchema {
  const explanation = explanationField(plan.names);
  const query = buildRoot('Query', {
    own: { ...baseQueries(plan), ...explanation.fields },
    ...{ kind: 'query', outline, classes },
  });
  const mutation = buildRoot('Mutation', {
    own: BASE_SCHEMA.getMutationType()?.toConfig().fields ?? {},
    ...{ kind: 'mutation', outline, classes },
  });
  const { subscriptionRoot } = plan.names;
  const subscription = buildRoot(subscriptionRoot, { kind: 'subscription', outline, classes });
  if (query === undefined) throw new Error('an API without queries');
  const roots = [query, mutation, subscription].filter((root) => root !== undefined);
  const ofEvents = subscription === undefined ? [] : [classes.liveEvent];
  return new ServedSchema({
    query,
    mutation,
    subscription,
    types: [...SHARED_TYPES, classes.arrayResult, ...roots, ...ofEvents, ...explanation.types],
    classTypes: { names: outline.types, make: (name) => classes.typeNamed(name) },
    objects: {
      has: (name) => plan.byType.has(name),
      each: () => classes.objects(),
      arrayResult: classes.arrayResult,
      arrayMembers: () => classes.arrayMembers(),
    },
    extensions: { apiPlan: plan },
  });
}

interface RootParts {
  readonly kind: RootKind;
  readonly outline: ApiOutline;
  readonly classes: AllClasses;
  /** Fields that belong to no class. */
  readonly own?: RootFields['fields'];
}

/** `undefined` for a root without fields. */
function buildRoot(name: string, parts: RootParts): LazyObject | undefined {
  const { kind, outline, classes, own = {} } = parts;
  const ofClasses = outline[kind];
  if (ofClasses.size === 0 && Object.keys(own).length === 0) return undefined;
  return new LazyObject({ name }, (complete) =>
    lazyRecord({
      keys: () => [...Object.keys(own), ...ofClasses.keys()],
      has: (field) => Object.hasOwn(own, field) || ofClasses.has(field),
      make: (field) => complete(field, own[field] ?? classes.rootField(kind, field)),
    }),
  );
}

function baseQueries({ names }: ApiPlan): Record<string, RootField> {
  const { nodes, ...fields } = BASE_SCHEMA.getQueryType()?.toConfig().fields ?? {};
  return nodes === undefined ? fields : { ...fields, [names.nodes]: nodes };
}

// Types no field refers to yet are part of the API all the same: clients name them in fragments.
const SHARED_TYPES: readonly GraphQLNamedType[] = Object.values(BASE_SCHEMA.getTypeMap()).filter(
  (type) => !type.name.startsWith('__') && !['Query', 'Mutation', 'LiveEvent'].includes(type.name),
);
