/** Some characters: those of a class's body and, where it is open, all above U+FFFF; or, negated, all others. */
export interface CharacterSet {
  /** What stands between the brackets. An open set's names no half of a surrogate pair. */
  readonly body: string;
  readonly isOpen: boolean;
  readonly isNegated: boolean;
}

/**
 * How a character above U+FFFF is matched: as two `units` (fastest, and right for texts that have none), as one by `pairs` of units
 * (needs no flag), or as one by `points` (needs the u flag).
 */
export type Spelling = 'units' | 'pairs' | 'points';

const PAIR = '[\\ud800-\\udbff][\\udc00-\\udfff]';

/** `{body: '\\n', isNegated: true}` → `[^\n]`, by pairs `(?:[^\n\ud800-\udfff]|[\ud800-\udbff][\udc00-\udfff])`. */
export function spellSet({ body, isOpen, isNegated }: CharacterSet, spelling: Spelling): string {
  const sign = isNegated ? '^' : '';
  if (spelling === 'units') return `[${sign}${body}]`;
  if (spelling === 'points') return `[${sign}${body}${isOpen ? '\\u{10000}-\\u{10ffff}' : ''}]`;
  const unit = `[${sign}${body}${isNegated ? '\\ud800-\\udfff' : ''}]`;
  return isNegated === isOpen ? unit : `(?:${unit}|${PAIR})`;
}
