import type {
  Collation,
  Document,
  Namespace,
  ReadQuery,
  Snapshot,
  SortSpec,
} from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { parseCollation } from '../query/collation.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { parseSort } from '../query/compile-sort.ts';
import { type Arguments, isDocument, numberFrom, wrongType } from './arguments.ts';

/**
 * The collation a command reads with: its own, or else the collection's.
 *
 * `{locale: 'simple'}` overrides the collection's with none.
 */
export function collationOf(
  args: Arguments,
  snapshot: Snapshot,
  namespace: Namespace,
): Collation | undefined {
  const given = args.document('collation');
  if (given !== undefined && Object.keys(given).length > 0) return parseCollation(given);
  return snapshot.collection(namespace)?.options.collation;
}

/** An index by name or by key pattern. @throws StoreError 9 for anything else. */
export function hintOf(args: Arguments, field = 'hint'): string | Document | undefined {
  const hint = args.value(field);
  if (hint === undefined || typeof hint === 'string') return hint;
  if (isDocument(hint)) return Object.keys(hint).length === 0 ? undefined : hint;
  throw new StoreError('FailedToParse', 'Hint must be a string or an object');
}

/**
 * Values of a `let` document: each expression evaluated once, without a document.
 *
 * @throws StoreError when a name is illegal or an expression asks for a field.
 */
export function variablesOf(args: Arguments, field = 'let'): Document | undefined {
  const given = args.document(field);
  if (given === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(given).map(([name, expression]) => {
      if (!/^[a-z\u0080-\uffff][\w\u0080-\uffff]*$/u.test(name)) {
        throw new StoreError(
          'FailedToParse',
          `'${name}' starts with an invalid character for a user variable name`,
        );
      }
      return [name, compileExpression(expression, {})({})];
    }),
  );
}

/** Arguments that one read carries, apart from where it reads. */
export interface QueryParts {
  readonly filter?: Document | undefined;
  readonly sort?: Document | undefined;
  readonly limit?: number | undefined;
  readonly skip?: number | undefined;
  readonly collation?: Collation | undefined;
  readonly hint?: string | Document | undefined;
  readonly variables?: Document | undefined;
}

const NO_COLLATION: Collation = { locale: 'simple' };

/** A sort, or alone `$natural`, the order of storage, which a read takes and a `$sort` stage does not. */
function parseReadSort(sort: Document): SortSpec {
  const natural = sort['$natural'];
  if (natural === undefined || Object.keys(sort).length > 1) return parseSort(sort);
  const direction = numberFrom(natural);
  if (direction === 1 || direction === -1) return [['$natural', direction]];
  throw new StoreError('BadValue', '$natural sort cannot be set to a value other than -1 or 1.');
}

/** A read as the engine takes it: absent parts left out, the order checked. `interrupt` is called for each document looked at. */
export function buildReadQuery(parts: QueryParts, interrupt?: () => void): ReadQuery {
  const { filter, sort, limit, skip, collation, hint, variables } = parts;
  const order = sort === undefined ? [] : parseReadSort(sort);
  return {
    ...(filter === undefined ? {} : { filter }),
    ...(order.length === 0 ? {} : { sort: order }),
    ...(limit === undefined || limit === 0 ? {} : { limit }),
    ...(skip === undefined || skip === 0 ? {} : { skip }),
    // Said outright, so that the engine does not take the collection's own again.
    collation: collation ?? NO_COLLATION,
    ...(interrupt === undefined ? {} : { interrupt }),
    ...(hint === undefined ? {} : { hint }),
    ...(variables === undefined ? {} : { variables }),
  };
}

/** A document argument that may be absent. @throws StoreError 14 when it is something else. */
export function optionalDocument(path: string, value: unknown): Document | undefined {
  if (value === undefined || value === null) return undefined;
  if (isDocument(value)) return value;
  throw wrongType(path, value, ['object']);
}
