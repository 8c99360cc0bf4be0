import type { Document } from '../engine/engine.ts';
import { compileTextQuery } from '../text/compile-text-query.ts';
import { isPlainObject, toNumber, type Fields } from './bson-values.ts';
import { compileExpression } from './compile-expression.ts';
import { recordMeta } from './document-meta.ts';
import { onPath, type Predicate } from './filter-conditions.ts';
import { equalityOrRegex, isOperators, parseOperators } from './filter-operators.ts';
import type { FilterOptions } from './filter-options.ts';
import { refuse, refuseAt } from './refuse.ts';
import { isTruthy } from './truth.ts';
import { compileJsonSchema } from './validate-json-schema.ts';

export type { FilterOptions } from './filter-options.ts';

const MAX_DEPTH = 100;

type TopLevel = (operand: unknown, options: FilterOptions, depth: number) => Predicate | undefined;

function clauses(operand: unknown, name: string): readonly Fields[] {
  if (!Array.isArray(operand)) return refuse(`${name} must be an array`);
  if (operand.length === 0) return refuse('$and/$or/$nor must be a nonempty array');
  return operand.map((clause: unknown) =>
    isPlainObject(clause) ? clause : refuse('$or/$and/$nor entries need to be full objects'),
  );
}

const TOP_LEVEL: Readonly<Record<string, TopLevel>> = {
  $and: (operand, options, depth) => {
    const inner = clauses(operand, '$and').map((clause) => compileAt(clause, options, depth));
    return (document) => inner.every((matches) => matches(document));
  },
  $or: (operand, options, depth) => {
    const inner = clauses(operand, '$or').map((clause) => compileAt(clause, options, depth));
    return (document) => inner.some((matches) => matches(document));
  },
  $nor: (operand, options, depth) => {
    const inner = clauses(operand, '$nor').map((clause) => compileAt(clause, options, depth));
    return (document) => !inner.some((matches) => matches(document));
  },
  $expr: (operand, { variables, collation, now }) => {
    const evaluate = compileExpression(operand, { variables, collation, now });
    return (document) => isTruthy(evaluate(document));
  },
  $jsonSchema: (operand) => compileJsonSchema(operand),
  $text: (operand, { textIndex }) => {
    if (textIndex === undefined)
      return refuse('text index required for $text query', 'IndexNotFound');
    const score = compileTextQuery(operand, textIndex);
    return (document) => {
      const textScore = score(document);
      if (textScore !== undefined) recordMeta(document, { textScore });
      return textScore !== undefined;
    };
  },
  $comment: () => undefined,
  $alwaysTrue: (operand) => assertOne(operand, '$alwaysTrue', () => true),
  $alwaysFalse: (operand) => assertOne(operand, '$alwaysFalse', () => false),
  $sampleRate: (operand) => {
    const rate = toNumber(operand);
    if (!(rate >= 0 && rate <= 1))
      refuse('argument to $sampleRate must be a number between 0 and 1');
    return () => Math.random() < rate;
  },
  $where: () => refuse('$where is not supported', 'CommandNotSupported'),
};

function assertOne(operand: unknown, name: string, predicate: Predicate): Predicate {
  if (toNumber(operand) !== 1) refuse(`${name} must be an integer value of 1`, 'FailedToParse');
  return predicate;
}

/**
 * Compiles a filter into a test of documents, with MongoDB's meaning of paths, arrays, null and types.
 *
 * `{a: {$gt: 5}}` becomes a function that is true for `{a: 6}` and `{a: [1, 6]}`, false for `{a: '6'}`.
 * A filter with `$text` records the document's score (see document-meta) when it matches.
 *
 * @throws StoreError 2 for an unknown operator or a malformed operand, 27 for `$text` without a text index,
 * 115 for `$where`.
 * @see https://www.mongodb.com/docs/manual/reference/operator/query/
 */
export function compileFilter(
  filter: Document,
  options: FilterOptions = {},
): (document: Document) => boolean {
  return compileAt(filter, options, 0);
}

function compileAt(filter: Fields, options: FilterOptions, depth: number): Predicate {
  if (depth > MAX_DEPTH)
    refuse('exceeded the depth limit of 100 for nested match expressions', 'Overflow');
  const predicates: Predicate[] = [];
  for (const [name, operand] of Object.entries(filter)) {
    const predicate = name.startsWith('$')
      ? compileTopLevel(name, operand, { options, depth })
      : compileField(name, operand, options, depth);
    if (predicate !== undefined) predicates.push(predicate);
  }
  const [only] = predicates;
  if (only === undefined) return () => true;
  if (predicates.length === 1) return only;
  return (document) => predicates.every((matches) => matches(document));
}

function compileTopLevel(
  name: string,
  operand: unknown,
  at: { readonly options: FilterOptions; readonly depth: number },
): Predicate | undefined {
  if (/^\$(?:ref|id|db)$/.test(name)) return compileField(name, operand, at.options, at.depth);
  const parse = Object.hasOwn(TOP_LEVEL, name) ? TOP_LEVEL[name] : undefined;
  if (parse !== undefined) return parse(operand, at.options, at.depth + 1);
  return refuse(
    `unknown top level operator: ${name}. If you have a field name that starts with a '$' symbol, consider using $getField or $setField.`,
  );
}

function compileField(
  path: string,
  operand: unknown,
  options: FilterOptions,
  depth: number,
): Predicate {
  if (path.includes('\0')) refuseAt(51091, 'field names must not contain null bytes');
  const condition =
    isPlainObject(operand) && isOperators(operand)
      ? parseOperators(operand, {
          path,
          siblings: operand,
          options,
          compileNested: (nested) => compileAt(nested, options, depth + 1),
        })
      : equalityOrRegex(operand, options);
  return onPath(path, condition);
}
