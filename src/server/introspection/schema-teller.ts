import {
  type FieldNode,
  getArgumentValues,
  getNullableType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  isAbstractType,
  isInterfaceType,
  isLeafType,
  isListType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
} from 'graphql';
import { ServedSchema } from '../../api/types/served-schema.ts';
import { collectFields } from './collect-fields.ts';

/** The root fields by which a schema is asked about itself. */
export const META_FIELDS: ReadonlyMap<string, GraphQLField<unknown, unknown>> = new Map(
  [SchemaMetaFieldDef, TypeMetaFieldDef].map((field) => [field.name, field]),
);

type Arguments = Readonly<Record<string, unknown>>;

/** A field of an answer. */
interface Selected {
  /** Its name there, as JSON, with the colon. */
  readonly label: string;
  readonly nodes: readonly FieldNode[];
  /** `undefined` for `__typename`. */
  readonly field: GraphQLField<unknown, unknown> | undefined;
  readonly args: Arguments;
}

/**
 * Answers one operation about the schema as JSON text, in parts that are short to make: an element of a list each. Graphql's own
 * way stalls everybody for seconds at hundreds of classes, and holds the whole answer in memory as objects.
 */
export class SchemaTeller {
  readonly #info: GraphQLResolveInfo;
  readonly #selected = new Map<readonly FieldNode[], readonly Selected[]>();
  #text = '';

  /** `info` is that of the operation; what it says of a field is not looked at. */
  constructor(info: GraphQLResolveInfo) {
    this.#info = info;
  }

  /** The value of a field of `META_FIELDS`. @throws what making a type throws, which is a fault of ours. */
  *tell(field: GraphQLField<unknown, unknown>, nodes: readonly FieldNode[]): Generator<string> {
    yield* this.#field(this.#select(field, nodes), undefined, '');
    yield this.#take();
  }

  #take(): string {
    const text = this.#text;
    this.#text = '';
    return text;
  }

  *#field(selected: Selected, source: unknown, typeName: string): Generator<string> {
    const { field, args, nodes } = selected;
    if (field === undefined) {
      this.#text += JSON.stringify(typeName);
      return;
    }
    const items = ITEMS[`${typeName}.${field.name}`];
    const value =
      items === undefined
        ? field.resolve?.(source, args, undefined, this.#info)
        : items(source, args, this.#info.schema);
    yield* this.#value(field.type, value, nodes);
  }

  *#value(
    declared: GraphQLOutputType,
    value: unknown,
    nodes: readonly FieldNode[],
  ): Generator<string> {
    const type = getNullableType(declared);
    if (value === undefined || value === null) this.#text += 'null';
    else if (isLeafType(type)) this.#text += JSON.stringify(type.serialize(value));
    else if (isListType(type)) yield* this.#list(type.ofType, value as Iterable<unknown>, nodes);
    else if (isObjectType(type)) yield* this.#object(type, value, nodes);
    else throw new Error(`introspection has no type ${String(type)}`);
  }

  *#list(
    type: GraphQLOutputType,
    items: Iterable<unknown>,
    nodes: readonly FieldNode[],
  ): Generator<string> {
    let separator = '';
    this.#text += '[';
    for (const item of items) {
      this.#text += separator;
      yield* this.#value(type, item, nodes);
      yield this.#take();
      separator = ',';
    }
    this.#text += ']';
  }

  *#object(
    type: GraphQLObjectType,
    value: unknown,
    nodes: readonly FieldNode[],
  ): Generator<string> {
    let separator = '';
    this.#text += '{';
    for (const selected of this.#selectionOf(type, nodes)) {
      this.#text += separator + selected.label;
      yield* this.#field(selected, value, type.name);
      separator = ',';
    }
    this.#text += '}';
  }

  /** Looked up once for all objects of a list. */
  #selectionOf(type: GraphQLObjectType, nodes: readonly FieldNode[]): readonly Selected[] {
    const known = this.#selected.get(nodes);
    if (known !== undefined) return known;
    const fields = type.getFields();
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const selected = [...collectFields(sets, this.#info).values()].map((each) =>
      this.#select(fields[each[0]?.name.value ?? ''], each),
    );
    this.#selected.set(nodes, selected);
    return selected;
  }

  #select(field: Selected['field'], nodes: readonly FieldNode[]): Selected {
    const [node] = nodes;
    if (node === undefined) throw new Error('a field that nobody selects');
    const args = field ? getArgumentValues(field, node, this.#info.variableValues) : {};
    return { label: `${JSON.stringify((node.alias ?? node.name).value)}:`, nodes, field, args };
  }
}

/** What of a source is listed; `undefined` when it has no such list. */
type Items = (
  source: unknown,
  args: Arguments,
  schema: GraphQLSchema,
) => Iterable<unknown> | undefined;

/** The lists that graphql makes as a whole, and with them the types of every class: here an element is made when it is told. */
const ITEMS: Readonly<Record<string, Items>> = {
  '__Schema.types': (_source, _args, schema) =>
    schema instanceof ServedSchema ? schema.eachType() : Object.values(schema.getTypeMap()),
  '__Type.fields': (type, { includeDeprecated }) =>
    isObjectType(type) || isInterfaceType(type)
      ? fieldsOf(valuesOf(type.getFields()), includeDeprecated === true)
      : undefined,
  '__Type.possibleTypes': (type, _args, schema) => {
    if (!isAbstractType(type)) return undefined;
    return schema instanceof ServedSchema
      ? schema.eachPossibleType(type)
      : schema.getPossibleTypes(type);
  },
};

function* valuesOf<Value>(record: Readonly<Record<string, Value>>): Generator<Value> {
  // `Object.keys` would look up each of thousands of names, of a record that makes its values itself.
  for (const name of Reflect.ownKeys(record)) {
    const value = typeof name === 'string' ? record[name] : undefined;
    if (value !== undefined) yield value;
  }
}

function* fieldsOf<Field extends Pick<GraphQLField<unknown, unknown>, 'deprecationReason'>>(
  fields: Iterable<Field>,
  withDeprecated: boolean,
): Generator<Field> {
  for (const field of fields) {
    if (withDeprecated || (field.deprecationReason ?? undefined) === undefined) yield field;
  }
}
