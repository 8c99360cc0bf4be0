import {
  GraphQLBoolean,
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLInt,
  GraphQLID,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
} from 'graphql';
import type { ApiPlan, BulkNames } from '../plan/api-plan.ts';
import {
  createManyResolver,
  deleteManyResolver,
  MAX_ITEMS,
  updateManyResolver,
} from '../resolve/bulk.ts';
import { upsertResolver } from '../resolve/upsert.ts';
import { NO_EXTENSIONS } from './base-types.ts';
import type { BuiltClass, RootField, RootFields } from './built-class.ts';
import { conditionFields, operationsField } from './condition-fields.ts';

const required = <Type extends GraphQLInputObjectType | GraphQLObjectType>(type: Type) =>
  new GraphQLNonNull(type);
const manyOf = <Type extends GraphQLInputObjectType | GraphQLObjectType>(type: Type) =>
  new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)));
const GIVEN_ID = { type: new GraphQLNonNull(GraphQLID) };
const MUTATION_ID = { type: GraphQLString };

/** `createManyTeams`, `updateManyTeams`, `deleteManyTeams` and `upsertTeam`, and the types made for them. */
export function bulkFields(built: BuiltClass, api: ApiPlan): RootFields {
  const { plan, inputs } = built;
  const { bulk } = plan.names;
  if (bulk === undefined) return { fields: {}, types: [] };
  const { create, update, destroy } = plan.roots;
  const result = resultType(built, bulk);
  const payload = payloadType(bulk.payload, {
    results: { type: manyOf(result), description: 'One for each item, in their order.' },
    writtenCount: { type: new GraphQLNonNull(GraphQLInt) },
  });
  const item = input(bulk.item, () => ({
    id: GIVEN_ID,
    fields: { type: inputs.updateFields },
    ...operationsField(built),
    ...conditionFields(built),
  }));
  const many = {
    createMany: input(bulk.createMany.input, () => ({
      items: { type: manyOf(inputs.createFields), description: AT_MOST },
      clientMutationId: MUTATION_ID,
    })),
    updateMany: input(bulk.updateMany.input, () => ({
      items: { type: manyOf(item), description: AT_MOST },
      clientMutationId: MUTATION_ID,
    })),
    deleteMany: input(bulk.deleteMany.input, () => ({
      ids: {
        type: new GraphQLNonNull(new GraphQLList(GIVEN_ID.type)),
        description: AT_MOST,
      },
      clientMutationId: MUTATION_ID,
    })),
    upsert: input(bulk.upsert.input, () => ({
      where: { type: required(inputs.where), description: 'What at most one object matches.' },
      create: { type: inputs.createFields, description: 'Its columns when there is none.' },
      update: { type: inputs.updateFields, description: 'What changes when there is one.' },
      ...operationsField(built),
      clientMutationId: MUTATION_ID,
    })),
  };
  const upserted = payloadType(bulk.upsert.payload, {
    object: { type: required(built.outputs.object) },
    wasCreated: { type: new GraphQLNonNull(GraphQLBoolean) },
  });
  const field = (
    type: GraphQLOutputType,
    given: GraphQLInputObjectType,
    resolve: NonNullable<RootField['resolve']>,
  ): RootField => ({
    type,
    args: { input: { type: required(given), extensions: NO_EXTENSIONS } },
    resolve,
    extensions: NO_EXTENSIONS,
  });
  return {
    fields: {
      ...(create && {
        [bulk.createMany.field]: field(payload, many.createMany, createManyResolver(plan, api)),
      }),
      ...(update && {
        [bulk.updateMany.field]: field(payload, many.updateMany, updateManyResolver(plan, api)),
      }),
      ...(destroy && {
        [bulk.deleteMany.field]: field(payload, many.deleteMany, deleteManyResolver(plan, api)),
      }),
      ...(create &&
        update && {
          [bulk.upsert.field]: field(upserted, many.upsert, upsertResolver(plan, api)),
        }),
    },
    types: [result, payload, item, ...Object.values(many), upserted],
  };
}

const AT_MOST = `At most ${MAX_ITEMS}.`;

/** Fixed names: one made from the class's could be that of another field. */
function resultType({ outputs }: BuiltClass, { result }: BulkNames): GraphQLObjectType {
  return new GraphQLObjectType({
    name: result,
    extensions: NO_EXTENSIONS,
    fields: () => ({
      object: { type: outputs.object, description: 'Null when the item was not written.' },
      errorCode: { type: GraphQLInt, description: 'Why it was not, by the code of the error.' },
      errorMessage: { type: GraphQLString },
    }),
  });
}

function payloadType(
  name: string,
  fields: Readonly<
    Record<string, { readonly type: GraphQLOutputType; readonly description?: string }>
  >,
): GraphQLObjectType {
  return new GraphQLObjectType({
    name,
    extensions: NO_EXTENSIONS,
    fields: () => ({ ...fields, clientMutationId: { type: GraphQLString } }),
  });
}

function input(name: string, fields: () => GraphQLInputFieldConfigMap): GraphQLInputObjectType {
  return new GraphQLInputObjectType({ name, fields, extensions: NO_EXTENSIONS });
}
