import type { Steps } from '../steps.ts';
import type { ClassPlan } from './api-plan.ts';
import { GENERATED_TYPES } from './names.ts';

/** What a type of a class is for. */
export type TypeFamily = keyof typeof GENERATED_TYPES | 'object' | 'event' | 'viewer';

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
    if (className === '_User') query.set('viewer', className);
    if (roots.create) mutation.set(names.create, className);
    if (roots.update) mutation.set(names.update, className);
    if (roots.destroy) mutation.set(names.destroy, className);
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

function typeNames({
  schema,
  names,
  roots,
}: ClassPlan): readonly (readonly [TypeFamily, string])[] {
  const generated: readonly (keyof typeof GENERATED_TYPES)[] = [
    ...ALWAYS,
    ...(roots.create ? (['createInput', 'createPayload'] as const) : []),
    ...(roots.update ? (['updateInput', 'updatePayload'] as const) : []),
    ...(roots.destroy ? (['deleteInput', 'deletePayload'] as const) : []),
  ];
  return [
    ['object', names.type],
    ...generated.map((family) => [family, GENERATED_TYPES[family](names.type)] as const),
    ...(roots.find ? [['event', names.event] as const] : []),
    ...(schema.className === '_User' ? [['viewer', 'Viewer'] as const] : []),
  ];
}
