import {
  type GraphQLFieldConfig,
  type GraphQLFieldConfigArgumentMap,
  GraphQLID,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
  GraphQLUnionType,
} from 'graphql';
import type { ParseObject } from '../../parse/object.ts';
import type { ApiContext } from '../api-context.ts';
import { encodeGlobalId } from '../arguments/global-id.ts';
import { GENERATED_TYPES } from '../plan/names.ts';
import type { ApiPlan, ClassPlan, FieldPlan, InversePlan } from '../plan/api-plan.ts';
import { showAcl } from '../resolve/acl.ts';
import { arrayResolver, type ElementValue, isObjectElement } from '../resolve/array.ts';
import type { Connection } from '../resolve/connection.ts';
import { relationResolver } from '../resolve/list.ts';
import { pointerResolver } from '../resolve/object.ts';
import { typeOfObject } from '../resolve/schema-plan.ts';
import { SHOW_VALUE, shownValue } from '../resolve/values.ts';
import {
  baseInput,
  baseObject,
  baseScalar,
  NO_EXTENSIONS,
  OBJECT_INTERFACES,
} from './base-types.ts';
import { KIND_TYPES } from './field-kinds.ts';
import type { ClassInputs, InputsByClass } from './input-types.ts';
import { LazyObject } from './lazy-object.ts';
import { lazyParts, madeOnUse } from './lazy-record.ts';

type ObjectField = GraphQLFieldConfig<ParseObject, ApiContext>;

/** The outputs of one class. */
export interface ClassOutputs {
  readonly object: GraphQLObjectType<ParseObject, ApiContext>;
  readonly connection: GraphQLObjectType<Connection, ApiContext>;
  readonly edge: GraphQLObjectType;
}

/** What the outputs of a class are built from: all its neighbours. */
export interface OutputParts {
  readonly api: ApiPlan;
  readonly inputs: InputsByClass;
  readonly outputs: Pick<ReadonlyMap<string, ClassOutputs>, 'get'>;
  readonly arrayResult: GraphQLUnionType;
}

/** The union of what arrays may hold: the objects of every class, and all other values. */
export function buildArrayResult(members: () => Iterable<GraphQLObjectType>): GraphQLUnionType {
  return new GraphQLUnionType({
    name: 'ArrayResult',
    types: () => [...members()],
    resolveType: (element: ParseObject | ElementValue, _context, info) =>
      isObjectElement(element) ? typeOfObject(element, info.schema) : 'Element',
  });
}

/** The output types of one class; each knows its neighbours by the time its fields are asked for. */
export function classOutputs(plan: ClassPlan, parts: OutputParts): ClassOutputs {
  const { type } = plan.names;
  const outputs: ClassOutputs = lazyParts<ClassOutputs>({
    object: () =>
      new LazyObject<ParseObject>(
        { extensions: NO_EXTENSIONS, name: type, interfaces: OBJECT_INTERFACES },
        (complete) => {
          const makers = objectFields(plan, parts);
          return madeOnUse(makers.keys(), (name) => complete(name, fieldOf(makers, name)));
        },
      ),
    edge: () =>
      new GraphQLObjectType({
        extensions: NO_EXTENSIONS,
        name: GENERATED_TYPES.edge(type),
        fields: () => ({
          node: { type: outputs.object },
          cursor: { type: new GraphQLNonNull(GraphQLString) },
        }),
      }),
    connection: () =>
      new GraphQLObjectType<Connection, ApiContext>({
        extensions: NO_EXTENSIONS,
        name: GENERATED_TYPES.connection(type),
        fields: () => ({
          pageInfo: { type: new GraphQLNonNull(baseObject('PageInfo')) },
          edges: { type: new GraphQLList(outputs.edge) },
          count: { type: new GraphQLNonNull(GraphQLInt) },
        }),
      }),
  });
  return outputs;
}

/** By name, what makes a field: a class may have one for every other class. */
type FieldMakers = ReadonlyMap<string, () => ObjectField>;

function fieldOf(makers: FieldMakers, name: string): ObjectField {
  const make = makers.get(name);
  if (make === undefined) throw new Error(`no field ${name}`);
  return make();
}

function objectFields(plan: ClassPlan, parts: OutputParts): FieldMakers {
  const { className } = plan.schema;
  const fields = new Map<string, () => ObjectField>();
  for (const [name, field] of Object.entries(baseFields(className))) fields.set(name, () => field);
  for (const [name, field] of plan.output) fields.set(name, () => outputField(field, plan, parts));
  for (const inverse of parts.api.inverse.get(className)?.fields ?? []) {
    fields.set(inverse.name, () => inverseField(inverse, plan, parts));
  }
  return fields;
}

function baseFields(className: string): Record<string, ObjectField> {
  return {
    id: {
      type: new GraphQLNonNull(GraphQLID),
      resolve: ({ objectId }) => encodeGlobalId(className, objectId),
    },
    objectId: { type: new GraphQLNonNull(GraphQLID) },
    createdAt: { type: new GraphQLNonNull(baseScalar('Date')) },
    updatedAt: { type: new GraphQLNonNull(baseScalar('Date')) },
    ACL: { type: new GraphQLNonNull(baseObject('ACL')), resolve: showAcl },
    // What a login provider answers a sign-up with; nothing of it is stored.
    ...(className === '_User' && {
      authDataResponse: {
        type: baseScalar('Object'),
        resolve: ({ objectId }, _args, { accounts }) => accounts.authDataResponseFor(objectId),
      } satisfies ObjectField,
    }),
  };
}

/** The objects of another class that point here. Nullable: a class that may not be searched fails nothing but this field. */
function inverseField(plan: InversePlan, owner: ClassPlan, parts: OutputParts): ObjectField {
  const { sourceClass, field } = plan;
  const { target, outputs, inputs } = targetOf({ targetClass: sourceClass }, parts);
  return {
    type: outputs.connection,
    description: `Objects of ${target.names.type} whose ${field} is this one.`,
    args: listArguments(inputs),
    resolve: relationResolver({
      link: { kind: 'inverse', ownerClass: owner.schema.className, field },
      target,
      api: parts.api,
    }),
  };
}

function outputField(plan: FieldPlan, owner: ClassPlan, parts: OutputParts): ObjectField {
  const { field, kind } = plan;
  switch (kind) {
    case 'Array':
      return {
        type: new GraphQLList(parts.arrayResult),
        resolve: arrayResolver(field.name, parts.api),
      };
    case 'Pointer': {
      const { target, outputs } = targetOf(plan, parts);
      return { type: outputs.object, resolve: pointerResolver(field.name, target) };
    }
    case 'Relation': {
      const { target, outputs, inputs } = targetOf(plan, parts);
      return {
        type: new GraphQLNonNull(outputs.connection),
        args: listArguments(inputs),
        resolve: relationResolver({
          link: { kind: 'relation', ownerClass: owner.schema.className, field: field.name },
          target,
          api: parts.api,
        }),
      };
    }
    case 'Object':
      return {
        type: KIND_TYPES.Object.output,
        ...unservedTarget(plan),
        resolve: shownValue(SHOW_VALUE.Object, field.name),
      };
    default:
      return {
        type: KIND_TYPES[kind].output,
        resolve: shownValue(SHOW_VALUE[kind], field.name),
      };
  }
}

function unservedTarget({ field }: FieldPlan): { description?: string } {
  return 'targetClass' in field.type
    ? { description: `${field.type.kind} to ${field.type.targetClass}, which is not served.` }
    : {};
}

function targetOf(
  { targetClass = '' }: Pick<FieldPlan, 'targetClass'>,
  { api, inputs, outputs }: OutputParts,
) {
  const found = {
    target: api.classes.get(targetClass),
    inputs: inputs.get(targetClass),
    outputs: outputs.get(targetClass),
  };
  if (!found.target || !found.inputs || !found.outputs) {
    throw new Error(`class "${targetClass}" is not served`);
  }
  return { target: found.target, inputs: found.inputs, outputs: found.outputs };
}

const PAGE_ARGUMENTS: GraphQLFieldConfigArgumentMap = {
  skip: { type: GraphQLInt, extensions: NO_EXTENSIONS },
  after: { type: GraphQLString, extensions: NO_EXTENSIONS },
  first: { type: GraphQLInt, extensions: NO_EXTENSIONS },
  before: { type: GraphQLString, extensions: NO_EXTENSIONS },
  last: { type: GraphQLInt, extensions: NO_EXTENSIONS },
  options: { type: baseInput('ReadOptionsInput'), extensions: NO_EXTENSIONS },
};

/** The arguments of every list of a class. */
export function listArguments(inputs: ClassInputs): GraphQLFieldConfigArgumentMap {
  return {
    where: { type: inputs.where, extensions: NO_EXTENSIONS },
    order: {
      type: new GraphQLList(new GraphQLNonNull(inputs.order)),
      extensions: NO_EXTENSIONS,
    },
    orderBy: {
      type: new GraphQLList(new GraphQLNonNull(inputs.orderBy)),
      extensions: NO_EXTENSIONS,
    },
    ...PAGE_ARGUMENTS,
  };
}
