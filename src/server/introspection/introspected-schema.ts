import {
  type GraphQLAbstractType,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  GraphQLSchema,
  isObjectType,
} from 'graphql';
import type { TurnTaker } from '../take-turns.ts';

/** Fields of a type that are told in one go. */
const FIELDS_AT_ONCE = 50;

/**
 * A schema that tells its types one after the other, with turns for others between them, for an operation that asks for all:
 * graphql's own way stalls everybody for a second at hundreds of classes. A type of hundreds of fields is told field by field.
 */
export class IntrospectedSchema extends GraphQLSchema {
  readonly #schema: GraphQLSchema;
  readonly #turn: TurnTaker;

  constructor(schema: GraphQLSchema, turn: TurnTaker) {
    super({ extensions: schema.extensions, assumeValid: true });
    this.#schema = schema;
    this.#turn = turn;
  }

  override getQueryType() {
    return this.#schema.getQueryType();
  }

  override getMutationType() {
    return this.#schema.getMutationType();
  }

  override getSubscriptionType() {
    return this.#schema.getSubscriptionType();
  }

  override getDirectives() {
    return this.#schema.getDirectives();
  }

  override getDirective(name: string) {
    return this.#schema.getDirective(name);
  }

  override getType(name: string) {
    return this.#schema.getType(name);
  }

  override getPossibleTypes(type: GraphQLAbstractType) {
    return this.#schema.getPossibleTypes(type);
  }

  override getImplementations(type: GraphQLInterfaceType) {
    return this.#schema.getImplementations(type);
  }

  override isSubType(type: GraphQLAbstractType, member: GraphQLObjectType | GraphQLInterfaceType) {
    return this.#schema.isSubType(type, member);
  }

  override getTypeMap(): Record<string, GraphQLNamedType> {
    const types = this.#schema.getTypeMap();
    return inTurns(this.#turn, Object.keys(types), (name) =>
      withFieldsInTurns(this.#turn, types[name]),
    );
  }
}

/**
 * Introspection lists the values of a record, and executors wait for a promise in a list: so each value is one, kept once those
 * before it are told. Graphql's types know nothing of it.
 */
function inTurns<Value>(
  turn: TurnTaker,
  names: readonly string[],
  make: (name: string) => Value | undefined,
): Record<string, Value> {
  const record: Record<string, Promise<Value | undefined>> = {};
  const keep: (() => void)[] = [];
  for (const name of names) {
    record[name] = new Promise((resolve, reject) => {
      keep.push(() => {
        try {
          resolve(make(name));
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }
  void keepInTurns(turn, keep);
  return record as never;
}

async function keepInTurns(turn: TurnTaker, keep: readonly (() => void)[]): Promise<void> {
  for (const each of keep) {
    await turn();
    each();
    // Who waits for it goes on before the time is looked at again.
    await Promise.resolve();
  }
}

function withFieldsInTurns(
  turn: TurnTaker,
  type: GraphQLNamedType | undefined,
): GraphQLNamedType | undefined {
  if (!isObjectType(type)) return type;
  const fields = type.getFields();
  const names = Object.keys(fields);
  if (names.length <= FIELDS_AT_ONCE) return type;
  const told: GraphQLObjectType = Object.create(type, {
    getFields: { value: () => inTurns(turn, names, (name) => fields[name]) },
  }) as GraphQLObjectType;
  return told;
}
