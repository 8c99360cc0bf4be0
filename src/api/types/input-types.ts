import {
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLID,
  type GraphQLInputFieldConfig,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLScalarType,
} from 'graphql';
import { GENERATED_TYPES } from '../plan/names.ts';
import type { ClassPlan, FieldPlan } from '../plan/api-plan.ts';
import { baseInput, NO_EXTENSIONS } from './base-types.ts';
import { ARRAY_INPUT, ARRAY_WHERE, KIND_TYPES, type NullableInput } from './field-kinds.ts';
import { lazyParts } from './lazy-record.ts';

type InputFields = Record<string, GraphQLInputFieldConfig>;

/** The inputs of one class. */
export interface ClassInputs {
  readonly where: GraphQLInputObjectType;
  readonly relationWhere: GraphQLInputObjectType;
  readonly order: GraphQLEnumType;
  readonly orderBy: GraphQLInputObjectType;
  readonly createFields: GraphQLInputObjectType;
  readonly updateFields: GraphQLInputObjectType;
  readonly operations: GraphQLInputObjectType;
  readonly pointer: GraphQLInputObjectType;
  readonly relation: GraphQLInputObjectType;
}

const listOf = (type: GraphQLInputObjectType | GraphQLScalarType) =>
  new GraphQLList(new GraphQLNonNull(type));

/** The inputs of classes that are served. */
export type InputsByClass = Pick<ReadonlyMap<string, ClassInputs>, 'get'>;

/** The inputs of one class; each knows its neighbours by the time its fields are asked for. */
export function classInputs(plan: ClassPlan, all: InputsByClass): ClassInputs {
  const { type } = plan.names;
  const inputs: ClassInputs = lazyParts<ClassInputs>({
    where: () =>
      new GraphQLInputObjectType({
        extensions: NO_EXTENSIONS,
        name: GENERATED_TYPES.where(type),
        fields: () => whereFields(plan, all, inputs.where),
      }),
    relationWhere: () =>
      new GraphQLInputObjectType({
        extensions: NO_EXTENSIONS,
        name: GENERATED_TYPES.relationWhere(type),
        fields: () => ({
          have: { type: inputs.where },
          haveNot: { type: inputs.where },
          exists: { type: GraphQLBoolean },
          equalTo: { type: GraphQLID },
          notEqualTo: { type: GraphQLID },
          in: { type: new GraphQLList(GraphQLID) },
          notIn: { type: new GraphQLList(GraphQLID) },
        }),
      }),
    order: () =>
      new GraphQLEnumType({
        extensions: NO_EXTENSIONS,
        name: GENERATED_TYPES.order(type),
        values: () =>
          Object.fromEntries(plan.order.map((order) => [order.value, { value: order }])),
      }),
    orderBy: () =>
      new GraphQLInputObjectType({
        extensions: NO_EXTENSIONS,
        name: plan.names.orderBy,
        description: `By a column of the ${type} itself, or of the object that a pointer leads to.`,
        isOneOf: true,
        fields: () => orderByFields(plan, all, inputs.order),
      }),
    createFields: () =>
      new GraphQLInputObjectType({
        extensions: NO_EXTENSIONS,
        name: GENERATED_TYPES.createFields(type),
        fields: () => writeFields(plan.create, all, (field) => field.isRequired),
      }),
    updateFields: () =>
      new GraphQLInputObjectType({
        extensions: NO_EXTENSIONS,
        name: GENERATED_TYPES.updateFields(type),
        fields: () => writeFields(plan.update, all, () => false),
      }),
    operations: () =>
      new GraphQLInputObjectType({
        extensions: NO_EXTENSIONS,
        name: plan.names.operations,
        fields: () =>
          Object.fromEntries(
            [...plan.operations].map(([name, { kind }]) => [
              name,
              { type: baseInput(`${kind}OperationInput`) },
            ]),
          ),
      }),
    pointer: () =>
      new GraphQLInputObjectType({
        extensions: NO_EXTENSIONS,
        name: GENERATED_TYPES.pointer(type),
        fields: () => ({
          link: { type: GraphQLID },
          ...(plan.roots.create ? { createAndLink: { type: inputs.createFields } } : {}),
        }),
      }),
    relation: () =>
      new GraphQLInputObjectType({
        extensions: NO_EXTENSIONS,
        name: GENERATED_TYPES.relation(type),
        fields: () => ({
          add: { type: listOf(GraphQLID) },
          remove: { type: listOf(GraphQLID) },
          set: { type: listOf(GraphQLID) },
          ...(plan.roots.create ? { createAndAdd: { type: listOf(inputs.createFields) } } : {}),
        }),
      }),
  });
  return inputs;
}

function orderByFields(plan: ClassPlan, all: InputsByClass, self: GraphQLEnumType): InputFields {
  const fields: InputFields = { [plan.selfName]: { type: self } };
  for (const [name, pointer] of plan.orderPointers) {
    fields[name] = { type: inputsOf(pointer, all).order };
  }
  return fields;
}

function whereFields(
  plan: ClassPlan,
  all: InputsByClass,
  self: GraphQLInputObjectType,
): InputFields {
  const fields: InputFields = {};
  if (plan.hasBaseWhere) {
    fields['ACL'] = { type: baseInput('ObjectWhereInput') };
    fields['createdAt'] = { type: baseInput('DateWhereInput') };
    fields['updatedAt'] = { type: baseInput('DateWhereInput') };
    fields['objectId'] = { type: baseInput('IdWhereInput') };
    fields['id'] = { type: baseInput('IdWhereInput') };
  }
  for (const [name, field] of plan.where) fields[name] = { type: whereType(field, all) };
  for (const name of ['OR', 'AND', 'NOR']) fields[name] = { type: listOf(self) };
  fields[plan.notName] = { type: self };
  return fields;
}

function whereType(field: FieldPlan, all: InputsByClass): GraphQLInputType {
  switch (field.kind) {
    case 'Array':
      return ARRAY_WHERE;
    case 'Pointer':
    case 'Relation':
      return inputsOf(field, all).relationWhere;
    case 'Object':
      // What leads to a class that is not served is filtered by JSON.
      return KIND_TYPES.Object[field.field.type.kind === 'Object' ? 'where' : 'input'];
    default:
      return KIND_TYPES[field.kind].where;
  }
}

function writeFields(
  plans: ReadonlyMap<string, FieldPlan>,
  all: InputsByClass,
  isNeeded: (field: FieldPlan['field']) => boolean,
): InputFields {
  const fields: InputFields = { ACL: { type: baseInput('ACLInput') } };
  for (const [name, plan] of plans) {
    const type = writeType(plan, all);
    const { field } = plan;
    // A default fills the gap, so only a required column without one must be given.
    const isMandatory = isNeeded(field) && field.defaultValue === undefined;
    fields[name] = isMandatory ? { type: new GraphQLNonNull(type) } : { type };
  }
  return fields;
}

function writeType(plan: FieldPlan, all: InputsByClass): NullableInput {
  switch (plan.kind) {
    case 'Array':
      return ARRAY_INPUT;
    case 'Pointer':
      return inputsOf(plan, all).pointer;
    case 'Relation':
      return inputsOf(plan, all).relation;
    default:
      return KIND_TYPES[plan.kind].input;
  }
}

function inputsOf({ targetClass }: FieldPlan, all: InputsByClass): ClassInputs {
  const inputs = all.get(targetClass ?? '');
  if (inputs === undefined) throw new Error(`class "${targetClass ?? ''}" is not served`);
  return inputs;
}
