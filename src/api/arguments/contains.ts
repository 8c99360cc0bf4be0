import { GatewayError } from '../../parse/errors.ts';
import type { ParseValue } from '../../parse/values.ts';
import { allOf, type ColumnRef, type Constraint } from '../../query/constraint.ts';
import { plainTextOf } from './text-operators.ts';

/** A text as Parse's clients quote it in a pattern. */
const QUOTED_START = /^\^\\Q(.*)\\E$/s;

/**
 * The array holds all of `entries`. Those of the shape `{$regex: "^\\Qtext\\E"}`, in which Parse's clients say `containsAllStartingWith`,
 * mean an element that begins with the text; then all of them must.
 * @throws GatewayError 107 for other patterns and for a mixture; what `read` throws.
 */
export function containsOf(
  column: ColumnRef,
  entries: readonly unknown[],
  read: (entry: unknown) => ParseValue,
): Constraint {
  const patterns = entries.map(patternIn);
  if (patterns.every((pattern) => pattern === undefined)) {
    return { kind: 'contains', column, values: entries.map(read) };
  }
  return allOf(
    ...patterns.map((pattern) =>
      plainTextOf(column, 'startsWith', { value: startIn(pattern), constraints: {} }),
    ),
  );
}

function patternIn(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null && '$regex' in entry
    ? (entry.$regex ?? null)
    : undefined;
}

function startIn(pattern: unknown): string {
  const quoted = typeof pattern === 'string' ? QUOTED_START.exec(pattern)?.[1] : undefined;
  // Within a quotation, `\E` is written by ending it, quoting that, and beginning it again.
  const parts = quoted?.split('\\E\\\\E\\Q');
  if (parts === undefined || parts.some((part) => part.includes('\\E'))) {
    throw new GatewayError('InvalidJson', 'All values must be beginnings, ^\\Q…\\E, or none.');
  }
  return parts.join('\\E');
}
