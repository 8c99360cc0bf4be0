import { Buffer } from 'node:buffer';
import {
  bsonTypeOf,
  isNumeric,
  regexPartsOf,
  textOf,
  toInteger,
  toNumber,
} from '../bson-values.ts';
import { compareCodePoints } from '../collation.ts';
import {
  fixed,
  isNullish,
  namedOperands,
  ranging,
  typeName,
  unary,
  type OperatorCompiler,
  type OperatorTable,
} from '../expression-compiler.ts';
import { refuseAt } from '../refuse.ts';
import { compileRegex, type RegexFor } from '../regex.ts';
import { toText } from './type-operators.ts';

function stringOf(value: unknown, message: string, code: number): string {
  if (typeof value === 'string') return value;
  return bsonTypeOf(value) === 'symbol' ? textOf(value) : refuseAt(code, message);
}

const concat = ranging(0, Infinity, (values) => {
  let result = '';
  for (const value of values) {
    if (isNullish(value)) return null;
    result += stringOf(value, `$concat only supports strings, not ${typeName(value)}`, 16702);
  }
  return result;
});

function indexOf(name: string, isBytes: boolean): OperatorCompiler {
  return ranging(2, 4, (values) => {
    const [text, part, start, end] = values;
    if (isNullish(text)) return null;
    const where = stringOf(
      text,
      `${name} requires a string as the first argument, found: ${typeName(text)}`,
      isBytes ? 40091 : 40093,
    );
    const what = stringOf(
      part,
      `${name} requires a string as the second argument, found: ${typeName(part)}`,
      isBytes ? 40092 : 40094,
    );
    const units: readonly unknown[] = isBytes ? [...Buffer.from(where)] : Array.from(where);
    const wanted: readonly unknown[] = isBytes ? [...Buffer.from(what)] : Array.from(what);
    const from = boundOf(start, 0, name);
    const to = Math.min(boundOf(end, units.length, name), units.length);
    for (let index = from; index + wanted.length <= to; index++) {
      if (wanted.every((unit, offset) => units[index + offset] === unit)) return index;
    }
    return -1;
  });
}

function boundOf(value: unknown, otherwise: number, name: string): number {
  if (value === undefined) return otherwise;
  const bound = toInteger(value);
  if (bound === undefined) return refuseAt(40096, `${name} requires an integral index`);
  return bound < 0 ? refuseAt(40097, `${name} requires a nonnegative index`) : bound;
}

const WHITESPACE =
  '\0 \t\n\v\f\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a';

function trimming(sides: 'both' | 'left' | 'right'): OperatorCompiler {
  return (operand, compiler, name) => {
    const operands = namedOperands(operand, name, compiler, {
      required: ['input'],
      optional: ['chars'],
    });
    return (scope) => {
      const given = operands(scope);
      if (isNullish(given['input'])) return null;
      const text = stringOf(
        given['input'],
        `${name} requires its input to be a string, got ${typeName(given['input'])}`,
        50699,
      );
      if ('chars' in given && isNullish(given['chars'])) return null;
      const chars = new Set(
        'chars' in given
          ? stringOf(given['chars'], `${name} requires 'chars' to be a string`, 50700)
          : WHITESPACE,
      );
      const points = Array.from(text);
      let from = 0;
      let to = points.length;
      while (sides !== 'right' && from < to && chars.has(points[from] ?? '')) from++;
      while (sides !== 'left' && to > from && chars.has(points[to - 1] ?? '')) to--;
      return points.slice(from, to).join('');
    };
  };
}

interface Found {
  readonly match: string;
  readonly idx: number;
  readonly captures: readonly (string | null)[];
}

function* matchesOf(regex: RegExp, text: string): Generator<Found> {
  for (const found of text.matchAll(regex)) {
    yield {
      match: found[0],
      idx: Array.from(text.slice(0, found.index)).length,
      captures: found.slice(1).map((capture: string | undefined) => capture ?? null),
    };
  }
}

function regexOperator(
  answer: (found: Iterable<Found>) => unknown,
  none: unknown,
): OperatorCompiler {
  return (operand, compiler, name) => {
    const operands = namedOperands(operand, name, compiler, {
      required: ['input', 'regex'],
      optional: ['options'],
    });
    return (scope) => {
      const { input, regex, options } = operands(scope);
      const compiled = isNullish(regex) ? undefined : regexOf(regex, options, name);
      if (isNullish(input) || compiled === undefined) return none;
      const text = stringOf(input, `${name} needs 'input' to be of type string`, 51104);
      return answer(matchesOf(compiled(text), text));
    };
  };
}

function regexOf(regex: unknown, options: unknown, name: string): RegexFor {
  const flags = isNullish(options)
    ? undefined
    : stringOf(options, `${name} needs 'options' to be of type string`, 51106);
  if (bsonTypeOf(regex) === 'regex') {
    const parts = regexPartsOf(regex);
    if (parts.options !== '' && flags !== undefined) {
      return refuseAt(
        51107,
        `${name}: found regex option(s) specified in both 'regex' and 'option' fields`,
      );
    }
    return compileRegex(parts.pattern, flags ?? parts.options, 'g');
  }
  return compileRegex(
    stringOf(regex, `${name} needs 'regex' to be of type string or regex`, 51105),
    flags ?? '',
    'g',
  );
}

function firstOf(found: Iterable<Found>): Found | null {
  for (const each of found) return each;
  return null;
}

function replacing(isAll: boolean): OperatorCompiler {
  return (operand, compiler, name) => {
    const operands = namedOperands(operand, name, compiler, {
      required: ['input', 'find', 'replacement'],
    });
    return (scope) => {
      const { input, find, replacement } = operands(scope);
      if (isNullish(input) || isNullish(find) || isNullish(replacement)) return null;
      const text = stringOf(
        input,
        `${name} requires that 'input' be a string, found: ${typeName(input)}`,
        51746,
      );
      const wanted = stringOf(
        find,
        `${name} requires that 'find' be a string, found: ${typeName(find)}`,
        51745,
      );
      const next = stringOf(
        replacement,
        `${name} requires that 'replacement' be a string, found: ${typeName(replacement)}`,
        51744,
      );
      return isAll ? text.replaceAll(wanted, () => next) : text.replace(wanted, () => next);
    };
  };
}

const split = fixed(2, ([text, separator]) => {
  if (isNullish(text) || isNullish(separator)) return null;
  const whole = stringOf(
    text,
    `$split requires an expression that evaluates to a string as a first argument, found: ${typeName(text)}`,
    40085,
  );
  const by = stringOf(
    separator,
    `$split requires an expression that evaluates to a string as a second argument, found: ${typeName(separator)}`,
    40086,
  );
  return by === '' ? refuseAt(40087, '$split requires a non-empty separator') : whole.split(by);
});

const substringBytes = fixed(3, ([text, start, length], name) => {
  const bytes = Buffer.from(toText(text) ?? '');
  const from = substringBound(start, name);
  const count = substringBound(length, name);
  if (from < 0) return '';
  const to = count < 0 ? bytes.length : Math.min(from + count, bytes.length);
  const isInside = (place: number): boolean => ((bytes[place] ?? 0) & 0xc0) === 0x80;
  if (isInside(from))
    return refuseAt(28656, `${name}:  Invalid range, starting index is a UTF-8 continuation byte.`);
  if (isInside(to))
    return refuseAt(
      28657,
      `${name}:  Invalid range, ending index is in the middle of a UTF-8 character.`,
    );
  return bytes.subarray(from, to).toString();
});

function substringBound(value: unknown, name: string): number {
  if (!isNumeric(value))
    return refuseAt(
      16034,
      `${name}:  starting index must be a numeric type (is BSON type ${typeName(value)})`,
    );
  return Math.trunc(toNumber(value));
}

const substringPoints = fixed(3, ([text, start, length], name) => {
  const from = toInteger(start);
  const count = toInteger(length);
  if (from === undefined) return refuseAt(34450, `${name}: starting index must be a numeric type`);
  if (count === undefined) return refuseAt(34452, `${name}: length must be a numeric type`);
  if (from < 0) return refuseAt(34455, `${name}: the starting index must be nonnegative integer.`);
  if (count < 0) return refuseAt(34454, `${name}: length must be a nonnegative integer.`);
  return Array.from(toText(text) ?? '')
    .slice(from, from + count)
    .join('');
});

/** Only ASCII letters change case, as in MongoDB. */
function cased(change: (text: string) => string): OperatorCompiler {
  return unary((value) => (toText(value) ?? '').replace(/[a-zA-Z]+/g, change));
}

/** Expressions over strings and regular expressions. */
export const stringOperators: OperatorTable = {
  $concat: concat,
  $indexOfBytes: indexOf('$indexOfBytes', true),
  $indexOfCP: indexOf('$indexOfCP', false),
  $trim: trimming('both'),
  $ltrim: trimming('left'),
  $rtrim: trimming('right'),
  $regexFind: regexOperator(firstOf, null),
  $regexFindAll: regexOperator((found) => [...found], []),
  $regexMatch: regexOperator((found) => firstOf(found) !== null, false),
  $replaceOne: replacing(false),
  $replaceAll: replacing(true),
  $split: split,
  $strLenBytes: unary((value, name) =>
    Buffer.byteLength(
      stringOf(value, `${name} requires a string argument, found: ${typeName(value)}`, 34473),
    ),
  ),
  $strLenCP: unary(
    (value, name) =>
      Array.from(
        stringOf(value, `${name} requires a string argument, found: ${typeName(value)}`, 34471),
      ).length,
  ),
  $strcasecmp: fixed(2, ([a, b]) =>
    compareCodePoints((toText(a) ?? '').toUpperCase(), (toText(b) ?? '').toUpperCase()),
  ),
  $substr: substringBytes,
  $substrBytes: substringBytes,
  $substrCP: substringPoints,
  $toLower: cased((text) => text.toLowerCase()),
  $toUpper: cased((text) => text.toUpperCase()),
};
