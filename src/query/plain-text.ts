import type { ConstraintOfKind } from './constraint.ts';

type PlainText = Pick<ConstraintOfKind<'plainText'>, 'place' | 'text' | 'ignoresCase'>;

const EXACT: Readonly<Record<PlainText['place'], (text: string, part: string) => boolean>> = {
  whole: (text, part) => text === part,
  start: (text, part) => text.startsWith(part),
  end: (text, part) => text.endsWith(part),
  anywhere: (text, part) => text.includes(part),
};

const FOLDED: Readonly<Record<PlainText['place'], (literal: string) => string>> = {
  whole: (literal) => `^${literal}$`,
  start: (literal) => `^${literal}`,
  end: (literal) => `${literal}$`,
  anywhere: (literal) => literal,
};

/** A plain text at its place → a test of stored texts. Without quantifiers, so never more work than length times length. */
export function compileTextTest({
  place,
  text,
  ignoresCase,
}: PlainText): (stored: string) => boolean {
  if (!ignoresCase) return (stored) => EXACT[place](stored, text);
  const regex = new RegExp(FOLDED[place](text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')), 'iu');
  return (stored) => regex.test(stored);
}
