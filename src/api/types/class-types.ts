import type { GraphQLNamedType } from 'graphql';
import type { ApiPlan, ClassPlan } from '../plan/api-plan.ts';
import type { TypeFamily } from '../plan/plan-outline.ts';
import { accountFields } from './account-fields.ts';
import { bulkFields } from './bulk-fields.ts';
import type { BuiltClass, RootFields } from './built-class.ts';
import type { ClassInputs } from './input-types.ts';
import { mutationFields } from './mutation-fields.ts';
import type { ClassOutputs } from './object-types.ts';
import { queryFields } from './query-fields.ts';
import { subscriptionFields } from './subscription-fields.ts';

/** The part of the root that a class adds to. */
export type RootKind = 'query' | 'mutation' | 'subscription';

export interface ClassTypesParts {
  readonly plan: ClassPlan;
  readonly api: ApiPlan;
  /** Asked once, when something of them is first asked for. */
  readonly inputs: () => ClassInputs;
  readonly outputs: () => ClassOutputs;
  readonly liveEvent: Parameters<typeof subscriptionFields>[2];
}

/** Everything of one class in one API, each part made when it is first asked for. */
export class ClassTypes implements BuiltClass {
  readonly plan: ClassPlan;
  readonly #parts: ClassTypesParts;
  #inputs: ClassInputs | undefined;
  #outputs: ClassOutputs | undefined;
  readonly #rootFields = new Map<RootKind, RootFields>();

  constructor(parts: ClassTypesParts) {
    this.plan = parts.plan;
    this.#parts = parts;
  }

  get inputs(): ClassInputs {
    return (this.#inputs ??= this.#parts.inputs());
  }

  get outputs(): ClassOutputs {
    return (this.#outputs ??= this.#parts.outputs());
  }

  /** What the class adds to a root. */
  rootFields(kind: RootKind): RootFields {
    const known = this.#rootFields.get(kind) ?? ROOT_FIELDS[kind](this, this.#parts);
    this.#rootFields.set(kind, known);
    return known;
  }

  /** @throws Error when the outline of the API names a type that the class has not. */
  typeOf(family: TypeFamily, name: string): GraphQLNamedType {
    const type = FAMILIES[family](this).find((each) => each.name === name);
    if (type === undefined) throw new Error(`class "${this.plan.schema.className}" lacks ${name}`);
    return type;
  }
}

const ROOT_FIELDS: Readonly<
  Record<RootKind, (built: BuiltClass, parts: ClassTypesParts) => RootFields>
> = {
  query: (built, { api }) => queryFields(built, api),
  mutation: (built, { api }) => {
    const parts = [mutationFields(built, api), bulkFields(built, api)];
    if (built.plan.schema.className === '_User') parts.push(accountFields(built, api));
    return {
      fields: Object.assign({}, ...parts.map(({ fields }) => fields)) as RootFields['fields'],
      types: parts.flatMap(({ types }) => types),
    };
  },
  subscription: (built, { api, liveEvent }) => subscriptionFields(built, api, liveEvent),
};

type TypesOf = (types: ClassTypes) => readonly GraphQLNamedType[];

const ofMutations: TypesOf = (types) => types.rootFields('mutation').types;

/** Where the type of a family is found. */
const FAMILIES: Readonly<Record<TypeFamily, TypesOf>> = {
  object: ({ outputs }) => [outputs.object],
  edge: ({ outputs }) => [outputs.edge],
  connection: ({ outputs }) => [outputs.connection],
  where: ({ inputs }) => [inputs.where],
  relationWhere: ({ inputs }) => [inputs.relationWhere],
  order: ({ inputs }) => [inputs.order],
  orderBy: ({ inputs }) => [inputs.orderBy],
  operations: ({ inputs }) => [inputs.operations],
  bulk: ofMutations,
  createFields: ({ inputs }) => [inputs.createFields],
  updateFields: ({ inputs }) => [inputs.updateFields],
  pointer: ({ inputs }) => [inputs.pointer],
  relation: ({ inputs }) => [inputs.relation],
  createInput: ofMutations,
  updateInput: ofMutations,
  deleteInput: ofMutations,
  createPayload: ofMutations,
  updatePayload: ofMutations,
  deletePayload: ofMutations,
  event: (types) => types.rootFields('subscription').types,
  viewer: (types) => types.rootFields('query').types,
  account: ofMutations,
};
