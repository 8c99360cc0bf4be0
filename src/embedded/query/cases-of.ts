/** Nothing beyond this has cases. */
const LAST_CASED = 0x1ffff;

let known: ReadonlyMap<number, readonly number[]> | undefined;

/**
 * All characters that are one when case does not matter, the given one included: `k` → `k K K`, `ς` → `ς σ Σ`.
 *
 * These are Unicode's simple foldings, one character to one, so `ß` and `ss` stay apart, and `ı` is no `i`.
 *
 * @see https://www.unicode.org/Public/UCD/latest/ucd/CaseFolding.txt
 */
export function casesOf(code: number): readonly number[] {
  known ??= buildClasses();
  return known.get(code) ?? [code];
}

/** Its upper case is that of `i`, but only Turkish holds the two equal. */
const DOTLESS_I = 0x131;

/** Joins every character with its lower and its upper case; what shares one of them is one class. Some milliseconds, once. */
function buildClasses(): ReadonlyMap<number, readonly number[]> {
  const classes = new Map<number, number[]>();
  for (let code = 0; code <= LAST_CASED; code += 1) {
    if (code === DOTLESS_I) continue;
    const text = String.fromCodePoint(code);
    for (const other of [text.toLowerCase(), text.toUpperCase()]) {
      const [only = text, ...more] = other === text ? [] : Array.from(other);
      if (only !== text && more.length === 0) join(classes, code, only.codePointAt(0) ?? code);
    }
  }
  return classes;
}

function join(classes: Map<number, number[]>, left: number, right: number): void {
  const one = classes.get(left) ?? [left];
  const two = classes.get(right) ?? [right];
  if (one === two) return;
  const all = [...one, ...two];
  for (const code of all) classes.set(code, all);
}
