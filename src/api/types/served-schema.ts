import {
  GraphQLInterfaceType,
  type GraphQLNamedType,
  GraphQLObjectType,
  GraphQLSchema,
  type GraphQLSchemaConfig,
} from 'graphql';

/** Types by name, without a prototype. */
export type TypeMap = Record<string, GraphQLNamedType>;

interface Implementations {
  readonly objects: GraphQLObjectType[];
  readonly interfaces: GraphQLInterfaceType[];
}

export interface ServedSchemaConfig {
  readonly query: GraphQLObjectType;
  readonly mutation: GraphQLObjectType | undefined;
  readonly subscription: GraphQLObjectType | undefined;
  /** Every type, the three roots included; it is kept, and introspection's own types are added to it. */
  readonly types: TypeMap;
  readonly extensions: NonNullable<GraphQLSchemaConfig['extensions']>;
}

/**
 * A schema that is told its types instead of finding them.
 *
 * Finding them would ask every type for its fields: at 400 classes a stall of a quarter of a second and most of the schema's
 * memory, for fields that few requests ever name. Here a type makes its fields when it is first asked for them.
 */
export class ServedSchema extends GraphQLSchema {
  readonly #roots: Pick<ServedSchemaConfig, 'query' | 'mutation' | 'subscription'>;
  readonly #types: TypeMap;
  #implementations: ReadonlyMap<string, Implementations> | undefined;

  constructor({ query, mutation, subscription, types, extensions }: ServedSchemaConfig) {
    // Names are proven free of clashes by tests; checking thousands of types at each change would stall requests.
    super({ extensions, assumeValid: true });
    this.#roots = { query, mutation, subscription };
    this.#types = types;
    for (const [name, type] of Object.entries(super.getTypeMap())) this.#types[name] ??= type;
  }

  override getQueryType(): GraphQLObjectType {
    return this.#roots.query;
  }

  override getMutationType(): GraphQLObjectType | undefined {
    return this.#roots.mutation;
  }

  override getSubscriptionType(): GraphQLObjectType | undefined {
    return this.#roots.subscription;
  }

  override getTypeMap(): TypeMap {
    return this.#types;
  }

  override getType(name: string): GraphQLNamedType | undefined {
    return this.#types[name];
  }

  override getImplementations({ name }: GraphQLInterfaceType): Implementations {
    this.#implementations ??= implementationsIn(Object.values(this.#types));
    return this.#implementations.get(name) ?? { objects: [], interfaces: [] };
  }
}

function implementationsIn(
  types: readonly GraphQLNamedType[],
): ReadonlyMap<string, Implementations> {
  const found = new Map<string, Implementations>();
  for (const type of types) {
    if (!(type instanceof GraphQLObjectType || type instanceof GraphQLInterfaceType)) continue;
    for (const { name } of type.getInterfaces()) {
      const known = found.get(name) ?? { objects: [], interfaces: [] };
      found.set(name, known);
      if (type instanceof GraphQLObjectType) known.objects.push(type);
      else known.interfaces.push(type);
    }
  }
  return found;
}
