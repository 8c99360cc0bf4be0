import {
  GraphQLBoolean,
  GraphQLFloat,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLOutputType,
  type GraphQLScalarType,
  GraphQLString,
} from 'graphql';
import type { FieldKind } from '../../parse/field-type.ts';
import { baseInput, baseObject, baseScalar } from './base-types.ts';

/** An input type that may be left out. */
export type NullableInput =
  | GraphQLScalarType
  | GraphQLInputObjectType
  | GraphQLList<GraphQLScalarType>
  | GraphQLList<GraphQLNonNull<GraphQLInputObjectType>>;

/** The types of a kind of column that do not depend on any class. */
interface KindTypes {
  readonly output: GraphQLOutputType;
  readonly input: NullableInput;
  readonly where: GraphQLInputType;
}

const listOf = <Type extends GraphQLOutputType | GraphQLInputType>(type: Type) =>
  new GraphQLList(new GraphQLNonNull(type));

/**
 * The types of every kind of column but three: pointers and relations have those of their target class, arrays answer with the union
 * of all classes.
 */
export const KIND_TYPES: Readonly<
  Record<Exclude<FieldKind, 'Pointer' | 'Relation' | 'Array'>, KindTypes>
> = {
  String: { output: GraphQLString, input: GraphQLString, where: baseInput('StringWhereInput') },
  Number: { output: GraphQLFloat, input: GraphQLFloat, where: baseInput('NumberWhereInput') },
  Boolean: { output: GraphQLBoolean, input: GraphQLBoolean, where: baseInput('BooleanWhereInput') },
  Date: sameBothWays('Date'),
  Object: sameBothWays('Object'),
  Bytes: sameBothWays('Bytes'),
  GeoPoint: {
    output: baseObject('GeoPoint'),
    input: baseInput('GeoPointInput'),
    where: baseInput('GeoPointWhereInput'),
  },
  Polygon: {
    output: listOf(baseObject('GeoPoint')),
    input: listOf(baseInput('GeoPointInput')),
    where: baseInput('PolygonWhereInput'),
  },
  File: {
    output: baseObject('FileInfo'),
    input: baseInput('FileInput'),
    where: baseInput('FileWhereInput'),
  },
};

/** The input and filter of array columns. */
export const ARRAY_INPUT: NullableInput = new GraphQLList(baseScalar('Any'));
export const ARRAY_WHERE: GraphQLInputType = baseInput('ArrayWhereInput');

function sameBothWays(name: string): KindTypes {
  return {
    output: baseScalar(name),
    input: baseScalar(name),
    where: baseInput(`${name}WhereInput`),
  };
}
