import {
  GraphQLEnumType,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  type GraphQLNamedType,
  GraphQLObjectType,
  GraphQLScalarType,
} from 'graphql';
import { BASE_SCHEMA } from '../base-schema.ts';

/**
 * No extensions, for every type, field and argument of which there are thousands: graphql would give each an empty map of its own,
 * a quarter of the memory of a schema that nobody has asked anything yet.
 */
export const NO_EXTENSIONS = Object.freeze(Object.create(null) as Record<string, never>);

type TypeClass<Type> = abstract new (...args: never) => Type;

function baseType<Type extends GraphQLNamedType>(name: string, kind: TypeClass<Type>): Type {
  const type = BASE_SCHEMA.getType(name);
  if (type instanceof kind) return type;
  throw new Error(`schema/base.graphql lacks ${name}`);
}

/** A scalar of `schema/base.graphql`. @throws Error when it is not there. */
export function baseScalar(name: string): GraphQLScalarType {
  return baseType(name, GraphQLScalarType);
}

/** An object type of `schema/base.graphql`. @throws Error when it is not there. */
export function baseObject(name: string): GraphQLObjectType {
  return baseType(name, GraphQLObjectType);
}

/** An input type of `schema/base.graphql`. @throws Error when it is not there. */
export function baseInput(name: string): GraphQLInputObjectType {
  return baseType(name, GraphQLInputObjectType);
}

/** An interface of `schema/base.graphql`. @throws Error when it is not there. */
export function baseInterface(name: string): GraphQLInterfaceType {
  return baseType(name, GraphQLInterfaceType);
}

/** An enum of `schema/base.graphql`. @throws Error when it is not there. */
export function baseEnum(name: string): GraphQLEnumType {
  return baseType(name, GraphQLEnumType);
}

/** What the object type of every class implements. */
export const OBJECT_INTERFACES = [baseInterface('ParseObject'), baseInterface('Node')];
