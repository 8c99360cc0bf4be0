import {
  type GraphQLAbstractType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  GraphQLSchema,
  type GraphQLSchemaConfig,
  type GraphQLUnionType,
  isInterfaceType,
} from 'graphql';
import { BASE_SCHEMA } from '../base-schema.ts';
import { OBJECT_INTERFACES } from './base-types.ts';
import { type LazyRecord, lazyRecord } from './lazy-record.ts';

interface Implementations {
  readonly objects: readonly GraphQLObjectType[];
  readonly interfaces: readonly GraphQLInterfaceType[];
}

type Member = GraphQLObjectType | GraphQLInterfaceType;

/** The types of objects, of which a schema has one for each class. */
export interface ObjectTypes {
  readonly has: (name: string) => boolean;
  /** Makes them one by one. */
  readonly each: () => Iterable<GraphQLObjectType>;
  /** The union that all of them belong to. */
  readonly arrayResult: GraphQLUnionType;
  readonly arrayMembers: () => Iterable<GraphQLObjectType>;
}

export interface ServedSchemaConfig {
  readonly query: GraphQLObjectType;
  readonly mutation: GraphQLObjectType | undefined;
  readonly subscription: GraphQLObjectType | undefined;
  /** The types that are there from the first, the three roots included. */
  readonly types: readonly GraphQLNamedType[];
  /** The types of classes, made when they are first asked for. */
  readonly classTypes: {
    readonly names: ReadonlyMap<string, unknown>;
    readonly make: (name: string) => GraphQLNamedType;
  };
  readonly objects: ObjectTypes;
  readonly extensions: NonNullable<GraphQLSchemaConfig['extensions']>;
}

/**
 * A schema that is told the names of its types instead of finding the types.
 *
 * Finding them would ask every type for its fields: at 400 classes a stall of a quarter of a second and most of the schema's
 * memory, for types and fields that few requests ever name. Here a type is made when it is first asked for, and so are its fields.
 */
export class ServedSchema extends GraphQLSchema {
  readonly #config: ServedSchemaConfig;
  readonly #types: LazyRecord<GraphQLNamedType>;
  /** The keys of `getTypeMap`, of which there are thousands, without a list of them. */
  readonly typeNames: () => Iterable<string>;

  constructor(config: ServedSchemaConfig) {
    // Names are proven free of clashes by tests; checking thousands of types at each change would stall requests.
    super({ extensions: config.extensions, assumeValid: true });
    this.#config = config;
    const { names, make } = config.classTypes;
    const atOnce = new Map(Object.entries(super.getTypeMap()));
    for (const type of config.types) {
      if (names.has(type.name)) throw new Error(`two types named ${type.name}`);
      atOnce.set(type.name, type);
    }
    this.typeNames = function* () {
      yield* atOnce.keys();
      yield* names.keys();
    };
    this.#types = lazyRecord({
      keys: this.typeNames,
      has: (name) => atOnce.has(name) || names.has(name),
      make: (name) => atOnce.get(name) ?? make(name),
    });
  }

  override getQueryType(): GraphQLObjectType {
    return this.#config.query;
  }

  override getMutationType(): GraphQLObjectType | undefined {
    return this.#config.mutation;
  }

  override getSubscriptionType(): GraphQLObjectType | undefined {
    return this.#config.subscription;
  }

  override getTypeMap(): Record<string, GraphQLNamedType> {
    return this.#types;
  }

  /** As the values of `getTypeMap`, one by one: a type is made when it is come to. */
  *eachType(): Generator<GraphQLNamedType> {
    for (const name of this.typeNames()) {
      const type = this.#types[name];
      if (type !== undefined) yield type;
    }
  }

  override getType(name: string): GraphQLNamedType | undefined {
    return this.#types[name];
  }

  override getImplementations(type: GraphQLInterfaceType): Implementations {
    const { interfaces } = BASE_SCHEMA.getImplementations(type);
    return { objects: [...this.#eachObjectOf(type)], interfaces };
  }

  /** As `getPossibleTypes`, one by one: a type is made when it is come to. */
  *eachPossibleType(type: GraphQLAbstractType): Generator<GraphQLObjectType> {
    const { arrayResult, arrayMembers } = this.#config.objects;
    if (isInterfaceType(type)) yield* this.#eachObjectOf(type);
    else yield* type === arrayResult ? arrayMembers() : type.getTypes();
  }

  *#eachObjectOf(type: GraphQLInterfaceType): Generator<GraphQLObjectType> {
    yield* BASE_SCHEMA.getImplementations(type).objects;
    const isOfObjects = OBJECT_INTERFACES.some(({ name }) => name === type.name);
    if (isOfObjects) yield* this.#config.objects.each();
  }

  // graphql's own way would make the objects of every class to answer for one.
  override isSubType(type: GraphQLAbstractType, maybe: Member): boolean {
    if (isInterfaceType(type)) return maybe.getInterfaces().some(({ name }) => name === type.name);
    const { arrayResult, has } = this.#config.objects;
    return (type === arrayResult && has(maybe.name)) || super.isSubType(type, maybe);
  }
}
