const META = new Set('^$.*+?()[]{}|\\');
const QUANTIFIERS = new Set('*?{');

/**
 * The text that every match of a pattern must begin with, when the pattern says so.
 *
 * `^abc.*` gives `abc`; `^\Qa.b\E` gives `a.b`; `abc`, `^a|b` and anything case-insensitive give undefined.
 */
export function literalPrefix(pattern: string, options: string): string | undefined {
  if (/[imx]/.test(options) || !pattern.startsWith('^') || pattern.includes('|')) return undefined;
  let text = '';
  let at = 1;
  while (at < pattern.length) {
    const piece = pieceAt(pattern, at);
    if (piece === undefined) break;
    const next = pattern[piece.end];
    if (next !== undefined && QUANTIFIERS.has(next)) {
      // The last character may be missing altogether.
      text += piece.text.replace(/.$/su, '');
      break;
    }
    text += piece.text;
    at = piece.end;
    if (next === '+') break;
  }
  return text === '' ? undefined : text;
}

interface Piece {
  readonly text: string;
  readonly end: number;
}

/** The literal piece at one place: a character, an escaped one, or a quoted run. */
function pieceAt(pattern: string, at: number): Piece | undefined {
  if (pattern.startsWith('\\Q', at)) {
    const close = pattern.indexOf('\\E', at + 2);
    const end = close < 0 ? pattern.length : close;
    return { text: pattern.slice(at + 2, end), end: close < 0 ? end : end + 2 };
  }
  const char = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
  if (char === '\\') {
    const escaped = pattern[at + 1];
    return escaped !== undefined && /[^A-Za-z0-9]/.test(escaped)
      ? { text: escaped, end: at + 2 }
      : undefined;
  }
  return META.has(char) ? undefined : { text: char, end: at + char.length };
}
