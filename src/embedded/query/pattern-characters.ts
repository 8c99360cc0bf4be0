import { casesOf } from './cases-of.ts';
import type { PatternReader } from './pattern-reader.ts';
import { refuseAt } from './refuse.ts';

/** @throws StoreError 51091, always. */
export function unsupported(what: string): never {
  return refuseAt(51091, `Regular expression is invalid: ${what} is not supported`);
}

/** A character as JavaScript's patterns take it anywhere, alone or in a class. */
export function quoted(code: number): string {
  if (code > 0xffff) return `\\u{${code.toString(16)}}`;
  const text = String.fromCharCode(code);
  if (/[A-Za-z0-9_]/.test(text)) return text;
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** Every spelling of a character, for a class: `k` → `kK\u212a` where case does not matter. */
export function quotedCases(code: number, isCaseless: boolean): string {
  return (isCaseless ? casesOf(code) : [code]).map(quoted).join('');
}

/** The character that the escape `\char` names: `\x41`, `\x{1F600}`, `\012`, `\cA`, or any punctuation itself. @throws StoreError 51091 */
export function readCode(char: string, reader: PatternReader): number {
  if (char === 'x') {
    const hex = /^(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{0,2}))/.exec(reader.rest(8));
    reader.skip(hex?.[0].length ?? 0);
    const code = Number.parseInt(hex?.[1] ?? (hex?.[2] || '0'), 16);
    if (code >= 0xd800 && code <= 0xdfff) unsupported('half a surrogate pair');
    return code <= 0x10ffff ? code : unsupported('a character above U+10FFFF');
  }
  if (char === '0') {
    const octal = /^[0-7]{0,2}/.exec(reader.rest(2))?.[0] ?? '';
    reader.skip(octal.length);
    return Number.parseInt(`0${octal}`, 8);
  }
  if (char === 'c') {
    const control = reader.next();
    if (!/^[ -~]$/.test(control)) unsupported('\\c without a printable ASCII character');
    return (control.toUpperCase().codePointAt(0) ?? 0) ^ 0x40;
  }
  if (/[A-Za-z0-9]/.test(char)) unsupported(`\\${char}`);
  return char.codePointAt(0) ?? 0;
}

/** What follows `\p` or `\P`, as JavaScript has it: `\p{Lu}`, `\pL`, `\p{^Greek}` → `\P{Script=Greek}`. @throws StoreError 51091 */
export function readProperty(char: string, reader: PatternReader): string {
  const name = /^(?:\{(\^?)([\w&]+)\}|([A-Z]))/.exec(reader.rest(40));
  if (name === null) unsupported(`\\${char}`);
  reader.skip(name[0].length);
  const property = name[2] ?? name[3] ?? '';
  const isNegated = (char === 'P') !== (name[1] === '^');
  const spelled = property === 'L&' ? 'LC' : property.length > 2 ? `Script=${property}` : property;
  return `\\${isNegated ? 'P' : 'p'}{${spelled}}`;
}
