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
import type { Steps } from '../steps.ts';
import { GENERATED_TYPES } from '../plan/names.ts';
import type { ApiPlan, ClassPlan, FieldPlan, InversePlan } from '../plan/api-plan.ts';
import { showAcl } from '../resolve/acl.ts';
import { arrayResolver, type ElementValue, isObjectElement } from '../resolve/array.ts';
import type { Connection } from '../resolve/connection.ts';
import { relationResolver } from '../resolve/list.ts';
import { pointerResolver } from '../resolve/object.ts';
import { typeOfObject } from '../resolve/schema-plan.ts';
import { SHOW_VALUE, shownValue } from '../resolve/values.ts';
import { baseInput, baseInterface, baseObject, baseScalar, NO_EXTENSIONS } from './base-types.ts';
import { KIND_TYPES } from './field-kinds.ts';
import type { ClassInputs } from './input-types.ts';

const OBJECT_INTERFACES = [baseInterface('ParseObject'), baseInterface('Node')];

type ObjectField = GraphQLFieldConfig<ParseObject, ApiContext>;

/** The outputs of one class. */
export interface ClassOutputs {
  readonly object: GraphQLObjectType<ParseObject, ApiContext>;
  readonly connection: GraphQLObjectType<Connection, ApiContext>;
  readonly edge: GraphQLObjectType;
}

/** The output types of every class, and the union of what arrays may hold. */
export interface ApiOutputs {
  readonly byClass: ReadonlyMap<string, ClassOutputs>;
  readonly arrayResult: GraphQLUnionType;
}

interface Building {
  readonly api: ApiPlan;
  readonly inputs: ReadonlyMap<string, ClassInputs>;
  readonly outputs: Map<string, ClassOutputs>;
  readonly arrayResult: GraphQLUnionType;
}

/** The output types of every class; each knows its neighbours by the time its fields are asked for. */
export function* buildOutputs(
  api: ApiPlan,
  inputs: ReadonlyMap<string, ClassInputs>,
): Steps<ApiOutputs> {
  const outputs = new Map<string, ClassOutputs>();
  const arrayResult = new GraphQLUnionType({
    name: 'ArrayResult',
    types: () => [baseObject('Element'), ...[...outputs.values()].map(({ object }) => object)],
    resolveType: (element: ParseObject | ElementValue, _context, info) =>
      isObjectElement(element) ? typeOfObject(element, info.schema) : 'Element',
  });
  const building: Building = { api, inputs, outputs, arrayResult };
  for (const plan of api.classes.values()) {
    outputs.set(plan.schema.className, buildClassOutputs(plan, building));
    yield;
  }
  return { byClass: outputs, arrayResult };
}

function buildClassOutputs(plan: ClassPlan, building: Building): ClassOutputs {
  const { type } = plan.names;
  const object = new GraphQLObjectType<ParseObject, ApiContext>({
    extensions: NO_EXTENSIONS,
    name: type,
    interfaces: OBJECT_INTERFACES,
    fields: () => objectFields(plan, building),
  });
  const edge = new GraphQLObjectType({
    extensions: NO_EXTENSIONS,
    name: GENERATED_TYPES.edge(type),
    fields: () => ({
      node: { type: object },
      cursor: { type: new GraphQLNonNull(GraphQLString) },
    }),
  });
  const connection = new GraphQLObjectType<Connection, ApiContext>({
    extensions: NO_EXTENSIONS,
    name: GENERATED_TYPES.connection(type),
    fields: () => ({
      pageInfo: { type: new GraphQLNonNull(baseObject('PageInfo')) },
      edges: { type: new GraphQLList(edge) },
      count: { type: new GraphQLNonNull(GraphQLInt) },
    }),
  });
  return { object, connection, edge };
}

function objectFields(plan: ClassPlan, building: Building): Record<string, ObjectField> {
  const { className } = plan.schema;
  const fields: Record<string, ObjectField> = {
    id: {
      type: new GraphQLNonNull(GraphQLID),
      resolve: ({ objectId }) => encodeGlobalId(className, objectId),
    },
    objectId: { type: new GraphQLNonNull(GraphQLID) },
    createdAt: { type: new GraphQLNonNull(baseScalar('Date')) },
    updatedAt: { type: new GraphQLNonNull(baseScalar('Date')) },
    ACL: { type: new GraphQLNonNull(baseObject('ACL')), resolve: showAcl },
  };
  // What a login provider answers a sign-up with; nothing of it is stored.
  if (className === '_User') fields['authDataResponse'] = { type: baseScalar('Object') };
  for (const [name, field] of plan.output) fields[name] = outputField(field, plan, building);
  for (const inverse of building.api.inverse.get(className) ?? []) {
    fields[inverse.name] = inverseField(inverse, plan, building);
  }
  return fields;
}

/** The objects of another class that point here. Nullable: a class that may not be searched fails nothing but this field. */
function inverseField(plan: InversePlan, owner: ClassPlan, building: Building): ObjectField {
  const { sourceClass, field } = plan;
  const { target, outputs, inputs } = targetOf({ targetClass: sourceClass }, building);
  return {
    type: outputs.connection,
    description: `Objects of ${target.names.type} whose ${field} is this one.`,
    args: listArguments(inputs),
    resolve: relationResolver({
      link: { kind: 'inverse', ownerClass: owner.schema.className, field },
      target,
      api: building.api,
    }),
  };
}

function outputField(plan: FieldPlan, owner: ClassPlan, building: Building): ObjectField {
  const { field, kind } = plan;
  switch (kind) {
    case 'Array':
      return {
        type: new GraphQLList(building.arrayResult),
        resolve: arrayResolver(field.name, building.api),
      };
    case 'Pointer': {
      const { target, outputs } = targetOf(plan, building);
      return { type: outputs.object, resolve: pointerResolver(field.name, target) };
    }
    case 'Relation': {
      const { target, outputs, inputs } = targetOf(plan, building);
      return {
        type: new GraphQLNonNull(outputs.connection),
        args: listArguments(inputs),
        resolve: relationResolver({
          link: { kind: 'relation', ownerClass: owner.schema.className, field: field.name },
          target,
          api: building.api,
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
  { api, inputs, outputs }: Building,
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
    ...PAGE_ARGUMENTS,
  };
}
