import type { Steps } from '../steps.ts';
import type { ClassPlan } from './api-plan.ts';
import { ACCOUNT_MUTATIONS, ACCOUNT_TYPES, GENERATED_TYPES } from './names.ts';

/** What a type of a class is for. */
export type TypeFamily =
  | keyof typeof GENERATED_TYPES
  | 'object'
  | 'orderBy'
  | 'operations'
  | 'bulk'
  | 'event'
  | 'viewer'
  | 'account';

/** Which class a type is made for, and as what. */
export interface TypeOwner {
  readonly className: string;
  readonly family: TypeFamily;
}

/** By field name, the class that is read or written. */
type FieldOwners = ReadonlyMap<string, string>;

/** Every name that classes add to the API, and whose it is: enough to make a type or a root field when it is first asked for. */
export interface ApiOutline {
  readonly types: ReadonlyMap<string, TypeOwner>;
  readonly query: FieldOwners;
  readonly mutation: FieldOwners;
  readonly subscription: FieldOwners;
}

/** The outline of planned classes; columns have no part in it. @throws Error when two types have one name. */
export function* planOutline(classes: ReadonlyMap<string, ClassPlan>): Steps<ApiOutline> {
  const types = new Map<string, TypeOwner>();
  const query = new Map<string, string>();
  const mutation = new Map<string, string>();
  const subscription = new Map<string, string>();
  for (const plan of classes.values()) {
    const { className } = plan.schema;
    for (const [family, name] of typeNames(plan)) {
      if (types.has(name)) throw new Error(`two types named ${name}`);
      types.set(name, { className, family });
    }
    const { names, roots } = plan;
    if (roots.get) query.set(names.get, className);
    if (roots.find) {
      query.set(names.find, className);
      subscription.set(names.find, className);
    }
    if (className === '_User') {
      query.set('viewer', className);
      for (const name of ACCOUNT_MUTATIONS) mutation.set(name, className);
    }
    if (roots.create) mutation.set(names.create, className);
    if (roots.update) mutation.set(names.update, className);
    if (roots.destroy) mutation.set(names.destroy, className);
    for (const field of bulkRoots(plan)) mutation.set(field, className);
    yield;
  }
  return { types, query, mutation, subscription };
}

const ALWAYS = [
  'edge',
  'connection',
  'where',
  'relationWhere',
  'order',
  'createFields',
  'updateFields',
  'pointer',
  'relation',
] as const satisfies readonly TypeFamily[];

const OF_USERS: readonly (readonly [TypeFamily, string])[] = [
  ['viewer', 'Viewer'],
  ...ACCOUNT_TYPES.map((name) => ['account', name] as const),
];

function bulkRoots({ names: { bulk }, roots }: ClassPlan): readonly string[] {
  if (bulk === undefined) return [];
  return [
    ...(roots.create ? [bulk.createMany.field] : []),
    ...(roots.update ? [bulk.updateMany.field] : []),
    ...(roots.destroy ? [bulk.deleteMany.field] : []),
    ...(roots.create && roots.update ? [bulk.upsert.field] : []),
  ];
}

/** The types that the mutations on several objects lead to. */
function bulkTypes({ names: { bulk }, roots }: ClassPlan): readonly string[] {
  if (bulk === undefined) return [];
  const { create, update, destroy } = roots;
  return [
    ...(create ? [bulk.createMany.input] : []),
    ...(update ? [bulk.updateMany.input, bulk.item] : []),
    ...(destroy ? [bulk.deleteMany.input] : []),
    ...(create && update ? [bulk.upsert.input, bulk.upsert.payload] : []),
    ...(create || update || destroy ? [bulk.result, bulk.payload] : []),
  ];
}

function typeNames(plan: ClassPlan): readonly (readonly [TypeFamily, string])[] {
  const { schema, names, roots } = plan;
  const generated: readonly (keyof typeof GENERATED_TYPES)[] = [
    ...ALWAYS,
    ...(roots.create ? (['createInput', 'createPayload'] as const) : []),
    ...(roots.update ? (['updateInput', 'updatePayload'] as const) : []),
    ...(roots.destroy ? (['deleteInput', 'deletePayload'] as const) : []),
  ];
  return [
    ['object', names.type],
    ['orderBy', names.orderBy],
    ...(plan.hasOperations && roots.update ? [['operations', names.operations] as const] : []),
    ...bulkTypes(plan).map((name) => ['bulk', name] as const),
    ...generated.map((family) => [family, GENERATED_TYPES[family](names.type)] as const),
    ...(roots.find ? [['event', names.event] as const] : []),
    ...(schema.className === '_User' ? OF_USERS : []),
  ];
}
