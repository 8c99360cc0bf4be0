import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type FieldNode,
  type FragmentDefinitionNode,
  getOperationAST,
  getVariableValues,
  type GraphQLField,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { collectFields } from './collect-fields.ts';
import { META_FIELDS, SchemaTeller } from './schema-teller.ts';

const MENTIONS_META = /__(?:schema|type)\b/;

/** A root field of the operation; `meta` is its definition when it asks about the schema. */
interface RootField {
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly meta: GraphQLField<unknown, unknown> | undefined;
}

/** An operation that asks about the schema. */
export interface IntrospectiveOperation {
  /** The operation without what asks about the schema; `undefined` when nothing else is asked. */
  readonly rest: DocumentNode | undefined;
  /** The data of `rest` together with what is said of the schema, as JSON in parts that are short to make. */
  dataText(data: ExecutionResult['data']): Iterable<string>;
}

/**
 * Takes apart what an operation asks about the schema, and what else. `undefined` for operations that ask nothing about the schema,
 * and for those that are refused before they begin. Wants a valid document.
 */
export function introspectiveOperation(args: ExecutionArgs): IntrospectiveOperation | undefined {
  const { document, schema } = args;
  if (!MENTIONS_META.test(document.loc?.source.body ?? '')) return undefined;
  const operation = getOperationAST(document, args.operationName);
  const query = schema.getQueryType();
  if (operation?.operation !== OperationTypeNode.QUERY || !query) return undefined;
  const variables = getVariableValues(
    schema,
    operation.variableDefinitions ?? [],
    args.variableValues ?? {},
  );
  if (variables.coerced === undefined) return undefined;
  const context = { fragments: fragmentsOf(document), variableValues: variables.coerced };
  const roots = [...collectFields([operation.selectionSet], context)].map(
    ([key, nodes]): RootField => ({
      key,
      nodes,
      meta: META_FIELDS.get(nodes[0]?.name.value ?? ''),
    }),
  );
  if (roots.every(({ meta }) => meta === undefined)) return undefined;
  return {
    rest: withoutMeta(document, operation, roots),
    dataText: (data) =>
      dataText(
        data,
        roots,
        new SchemaTeller({
          ...context,
          ...{ schema, operation, fieldName: '', fieldNodes: [], rootValue: args.rootValue },
          ...{ returnType: query, parentType: query },
          path: { prev: undefined, key: '', typename: undefined },
        }),
      ),
  };
}

function fragmentsOf(document: DocumentNode): Readonly<Record<string, FragmentDefinitionNode>> {
  return Object.fromEntries(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition]] : [],
    ),
  );
}

function withoutMeta(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  roots: readonly RootField[],
): DocumentNode | undefined {
  const selections = roots.flatMap(({ nodes, meta }) => (meta === undefined ? nodes : []));
  if (selections.length === 0) return undefined;
  const selectionSet = { ...operation.selectionSet, selections };
  const definitions = document.definitions.map((definition) =>
    definition === operation ? { ...operation, selectionSet } : definition,
  );
  return { ...document, definitions };
}

/** What `JSON.stringify` makes of the data, with what is said of the schema among it. */
function* dataText(
  data: ExecutionResult['data'],
  roots: readonly RootField[],
  teller: SchemaTeller,
): Generator<string> {
  let separator = '{';
  for (const { key, nodes, meta } of roots) {
    yield `${separator}${JSON.stringify(key)}:`;
    if (meta === undefined) yield JSON.stringify(data?.[key] ?? null);
    else yield* teller.tell(meta, nodes);
    separator = ',';
  }
  yield '}';
}
