import type { Document } from '../engine/engine.ts';
import {
  fieldsOf,
  isFields,
  isNumeric,
  isPlainObject,
  toInteger,
  toNumber,
  type Fields,
} from './bson-values.ts';
import { compareValues } from './compare-values.ts';
import { equalityKey } from './equality-key.ts';
import type { ValueTest } from './filter-conditions.ts';
import { refuse } from './refuse.ts';
import { compileRegexTest } from './regex.ts';
import { typeTest } from './value-tests.ts';

type KeywordCompiler = (operand: unknown, schema: Fields) => ValueTest | undefined;

const MAX_DEPTH = 100;
let depth = 0;

const JSON_TYPES: Readonly<Record<string, string>> = {
  object: 'object',
  array: 'array',
  number: 'number',
  boolean: 'bool',
  string: 'string',
  null: 'null',
};

function wrongType(keyword: string, wanted: string): never {
  return refuse(`$jsonSchema keyword '${keyword}' must be ${wanted}`, 'TypeMismatch');
}

function schemaOf(value: unknown, keyword: string): Fields {
  return isPlainObject(value) ? value : wrongType(keyword, 'an object');
}

function listOf(value: unknown, keyword: string): readonly unknown[] {
  if (!Array.isArray(value)) return wrongType(keyword, 'an array');
  return value.length > 0
    ? value
    : refuse(`$jsonSchema keyword '${keyword}' must be a non-empty array`, 'FailedToParse');
}

function countOf(value: unknown, keyword: string): number {
  const count = toInteger(value);
  if (!isNumeric(value)) return wrongType(keyword, 'a number');
  return count !== undefined && count >= 0
    ? count
    : refuse(
        `$jsonSchema keyword '${keyword}' must be a representable non-negative integer`,
        'FailedToParse',
      );
}

function whenString(test: (text: string) => boolean): ValueTest {
  return (value) => typeof value !== 'string' || test(value);
}

function whenNumber(test: (value: unknown) => boolean): ValueTest {
  return (value) => !isNumeric(value) || test(value);
}

function whenArray(test: (value: readonly unknown[]) => boolean): ValueTest {
  return (value) => !Array.isArray(value) || test(value);
}

function whenObject(test: (value: Fields) => boolean): ValueTest {
  return (value) => !isFields(value) || test(fieldsOf(value));
}

function limit(keyword: string, isMax: boolean): KeywordCompiler {
  return (operand, schema) => {
    if (!isNumeric(operand)) return wrongType(keyword, 'a number');
    const isExclusive = schema[isMax ? 'exclusiveMaximum' : 'exclusiveMinimum'] === true;
    return whenNumber((value) => {
      const order = compareValues(value, operand) * (isMax ? 1 : -1);
      return isExclusive ? order < 0 : order <= 0;
    });
  };
}

function exclusive(keyword: string, base: string): KeywordCompiler {
  return (operand, schema) => {
    if (typeof operand !== 'boolean') return wrongType(keyword, 'a boolean');
    return base in schema
      ? undefined
      : refuse(
          `$jsonSchema keyword '${base}' must be a present if ${keyword} is present`,
          'FailedToParse',
        );
  };
}

/** A schema, or a boolean that allows everything or nothing. */
function inner(value: unknown, keyword: string): ValueTest {
  if (typeof value === 'boolean') return () => value;
  return compileSchema(schemaOf(value, keyword));
}

function typesOf(operand: unknown): string | readonly string[] {
  const convert = (name: unknown): string => {
    if (typeof name !== 'string') return wrongType('type', 'a string or an array of strings');
    if (name === 'integer') return refuse("$jsonSchema type 'integer' is not currently supported.");
    return JSON_TYPES[name] ?? refuse(`Unknown type name alias: ${name}`);
  };
  return Array.isArray(operand) ? operand.map(convert) : convert(operand);
}

const dependencies: KeywordCompiler = (operand) => {
  const entries = Object.entries(schemaOf(operand, 'dependencies')).map(([name, needs]) => {
    if (!Array.isArray(needs)) {
      const test = inner(needs, 'dependencies');
      return [name, test] as const;
    }
    return [
      name,
      whenObject((fields) => needs.every((need) => Object.hasOwn(fields, String(need)))),
    ] as const;
  });
  return whenObject((fields) =>
    entries.every(([name, test]) => !Object.hasOwn(fields, name) || test(fields)),
  );
};

const patternProperties: KeywordCompiler = (operand) => {
  const entries = Object.entries(schemaOf(operand, 'patternProperties')).map(
    ([pattern, schema]) =>
      [compileRegexTest(pattern, ''), inner(schema, 'patternProperties')] as const,
  );
  return whenObject((fields) =>
    Object.entries(fields).every(([name, value]) =>
      entries.every(([matches, test]) => !matches(name) || test(value)),
    ),
  );
};

const additionalProperties: KeywordCompiler = (operand, schema) => {
  const known = new Set(
    Object.keys(isPlainObject(schema['properties']) ? schema['properties'] : {}),
  );
  const patterns = Object.keys(
    isPlainObject(schema['patternProperties']) ? schema['patternProperties'] : {},
  ).map((pattern) => compileRegexTest(pattern, ''));
  const test = inner(operand, 'additionalProperties');
  return whenObject((fields) =>
    Object.entries(fields).every(
      ([name, value]) =>
        known.has(name) || patterns.some((matches) => matches(name)) || test(value),
    ),
  );
};

const items: KeywordCompiler = (operand, schema) => {
  if (!Array.isArray(operand)) {
    const test = inner(operand, 'items');
    return whenArray((value) => value.every(test));
  }
  const tests = operand.map((each: unknown) => inner(each, 'items'));
  const more =
    schema['additionalItems'] === undefined
      ? undefined
      : inner(schema['additionalItems'], 'additionalItems');
  return whenArray((value) =>
    value.every((element, index) => (tests[index] ?? more ?? (() => true))(element)),
  );
};

const KEYWORDS: Readonly<Record<string, KeywordCompiler>> = {
  bsonType: (operand) => typeTest(operand),
  type: (operand) => typeTest(typesOf(operand)),
  enum: (operand) => {
    const keys = new Set(listOf(operand, 'enum').map((value) => equalityKey(value)));
    return (value) => keys.has(equalityKey(value));
  },
  required: (operand) => {
    const names = listOf(operand, 'required').map(String);
    return whenObject((fields) => names.every((name) => Object.hasOwn(fields, name)));
  },
  properties: (operand) => {
    const entries = Object.entries(schemaOf(operand, 'properties')).map(
      ([name, schema]) => [name, inner(schema, 'properties')] as const,
    );
    return whenObject((fields) =>
      entries.every(([name, test]) => !Object.hasOwn(fields, name) || test(fields[name])),
    );
  },
  patternProperties,
  additionalProperties,
  dependencies,
  minProperties: (operand) => {
    const count = countOf(operand, 'minProperties');
    return whenObject((fields) => Object.keys(fields).length >= count);
  },
  maxProperties: (operand) => {
    const count = countOf(operand, 'maxProperties');
    return whenObject((fields) => Object.keys(fields).length <= count);
  },
  minimum: limit('minimum', false),
  maximum: limit('maximum', true),
  exclusiveMinimum: exclusive('exclusiveMinimum', 'minimum'),
  exclusiveMaximum: exclusive('exclusiveMaximum', 'maximum'),
  multipleOf: (operand) => {
    const divisor = toNumber(operand);
    if (!(divisor > 0))
      return refuse("$jsonSchema keyword 'multipleOf' must have a positive value", 'FailedToParse');
    return whenNumber((value) => {
      const quotient = toNumber(value) / divisor;
      return Math.abs(quotient - Math.round(quotient)) < 1e-9;
    });
  },
  minLength: (operand) => {
    const count = countOf(operand, 'minLength');
    return whenString((text) => Array.from(text).length >= count);
  },
  maxLength: (operand) => {
    const count = countOf(operand, 'maxLength');
    return whenString((text) => Array.from(text).length <= count);
  },
  pattern: (operand) => {
    if (typeof operand !== 'string') return wrongType('pattern', 'a string');
    return whenString(compileRegexTest(operand, ''));
  },
  minItems: (operand) => {
    const count = countOf(operand, 'minItems');
    return whenArray((value) => value.length >= count);
  },
  maxItems: (operand) => {
    const count = countOf(operand, 'maxItems');
    return whenArray((value) => value.length <= count);
  },
  uniqueItems: (operand) => {
    if (typeof operand !== 'boolean') return wrongType('uniqueItems', 'a boolean');
    if (!operand) return undefined;
    return whenArray(
      (value) => new Set(value.map((each) => equalityKey(each))).size === value.length,
    );
  },
  items,
  additionalItems: () => undefined,
  allOf: (operand) => {
    const tests = listOf(operand, 'allOf').map((each) => inner(each, 'allOf'));
    return (value) => tests.every((test) => test(value));
  },
  anyOf: (operand) => {
    const tests = listOf(operand, 'anyOf').map((each) => inner(each, 'anyOf'));
    return (value) => tests.some((test) => test(value));
  },
  oneOf: (operand) => {
    const tests = listOf(operand, 'oneOf').map((each) => inner(each, 'oneOf'));
    return (value) => tests.filter((test) => test(value)).length === 1;
  },
  not: (operand) => {
    const test = inner(operand, 'not');
    return (value) => !test(value);
  },
  title: (operand) => (typeof operand === 'string' ? undefined : wrongType('title', 'a string')),
  description: (operand) =>
    typeof operand === 'string' ? undefined : wrongType('description', 'a string'),
};

const UNSUPPORTED = new Set(['$ref', '$schema', 'default', 'definitions', 'format', 'id']);

function compileSchema(schema: Fields): ValueTest {
  if (++depth > MAX_DEPTH) {
    depth = 0;
    refuse('$jsonSchema is nested too deeply', 'Overflow');
  }
  const tests: ValueTest[] = [];
  for (const [keyword, operand] of Object.entries(schema)) {
    const compile = Object.hasOwn(KEYWORDS, keyword) ? KEYWORDS[keyword] : undefined;
    if (compile === undefined) {
      depth = 0;
      refuse(
        UNSUPPORTED.has(keyword)
          ? `$jsonSchema keyword '${keyword}' is not currently supported`
          : `Unknown $jsonSchema keyword: ${keyword}`,
        'FailedToParse',
      );
    }
    const test = compile(operand, schema);
    if (test !== undefined) tests.push(test);
  }
  depth -= 1;
  return (value) => tests.every((test) => test(value));
}

/**
 * Compiles a JSON schema (draft 4 with `bsonType`) into a test of documents.
 *
 * @throws StoreError 9 for an unknown or unsupported keyword, 14 or 2 for a malformed one.
 * @see https://www.mongodb.com/docs/manual/reference/operator/query/jsonSchema/
 */
export function compileJsonSchema(schema: unknown): (document: Document) => boolean {
  if (!isPlainObject(schema)) return refuse('$jsonSchema must be an object', 'TypeMismatch');
  depth = 0;
  return compileSchema(schema);
}
