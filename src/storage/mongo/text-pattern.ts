import type { ConstraintOfKind } from '../../query/constraint.ts';

/** Where the pattern is bound; `\z` is the very end, where `$` would also take a last line end. */
const BOUND = {
  whole: (literal) => `^${literal}\\z`,
  start: (literal) => `^${literal}`,
  end: (literal) => `${literal}\\z`,
  anywhere: (literal) => literal,
} as const satisfies Record<ConstraintOfKind<'plainText'>['place'], (literal: string) => string>;

/**
 * A plain text → the pattern that means just it: `a.b` at the start → `^a\.b`. A start in exact case is read from an index.
 * @see https://www.mongodb.com/docs/manual/reference/operator/query/regex/#index-use
 */
export function patternOf({
  place,
  text,
}: Pick<ConstraintOfKind<'plainText'>, 'place' | 'text'>): string {
  return BOUND[place](text.replace(/[\\^$.*+?()[\]{}|#]|\p{Cc}/gu, escaped));
}

// A pattern may not hold a null byte, so control characters are named by number.
function escaped(character: string): string {
  return /\p{Cc}/u.test(character)
    ? `\\x{${character.charCodeAt(0).toString(16)}}`
    : `\\${character}`;
}
