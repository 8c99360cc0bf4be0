import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/parse/errors.ts';
import { decodeJson, encodeJson, parseJson } from '../../../src/parse/json.ts';
import {
  Bytes,
  FileReference,
  GeoPoint,
  Pointer,
  Polygon,
  type ParseValue,
} from '../../../src/parse/values.ts';

const SQUARE = [
  [0, 0],
  [0, 1],
  [1, 1],
  [0, 0],
];

const TYPED: readonly (readonly [name: string, json: unknown, value: ParseValue])[] = [
  ['Pointer', { __type: 'Pointer', className: 'Game', objectId: 'g1' }, new Pointer('Game', 'g1')],
  ['Date', { __type: 'Date', iso: '2020-01-02T03:04:05.678Z' }, new Date(1577934245678)],
  ['GeoPoint', { __type: 'GeoPoint', latitude: 1.5, longitude: -2 }, new GeoPoint(1.5, -2)],
  [
    'Polygon',
    { __type: 'Polygon', coordinates: SQUARE },
    new Polygon(SQUARE.map(([latitude, longitude]) => new GeoPoint(latitude!, longitude!))),
  ],
  ['File', { __type: 'File', name: 'a.png' }, new FileReference('a.png')],
  ['Bytes', { __type: 'Bytes', base64: 'AQID' }, new Bytes('AQID')],
];

function codeOf(run: () => unknown): number | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof GatewayError) return error.parseCode;
    throw error;
  }
  return undefined;
}

function nested(levels: number): unknown {
  let json: unknown = 1;
  for (let level = 0; level < levels; level += 1) json = { a: json };
  return json;
}

describe('REST JSON', () => {
  it.each(TYPED)('reads and writes %s', (_name, json, value) => {
    expect(parseJson(json)).toStrictEqual(value);
    expect(encodeJson(value)).toStrictEqual(json);
    expect(encodeJson(parseJson({ deep: [json] }))).toStrictEqual({ deep: [json] });
    expect(decodeJson(json)).toStrictEqual(value);
  });

  it('keeps scalars, nulls, order of keys and unknown types as they are', () => {
    const json = { b: null, a: [1, 'x', false], c: { __type: 'Relation', className: 'X' } };
    expect(parseJson(json)).toStrictEqual(json);
    expect(Object.keys(parseJson(json) as object)).toEqual(['b', 'a', 'c']);
  });

  it('closes an open ring and cuts a date to milliseconds', () => {
    const open = { __type: 'Polygon', coordinates: SQUARE.slice(0, 3) };
    expect(encodeJson(parseJson(open))).toEqual({ __type: 'Polygon', coordinates: SQUARE });
    expect(parseJson({ __type: 'Date', iso: '2020-01-01T00:00:00.123456Z' })).toStrictEqual(
      new Date('2020-01-01T00:00:00.123Z'),
    );
  });

  it.each([
    [111, { __type: 'Pointer', className: 'Game' }],
    [111, { __type: 'Date', iso: 'zzz' }],
    [111, { __type: 'Date' }],
    [111, { __type: 'GeoPoint', latitude: '1', longitude: 2 }],
    [111, { __type: 'Polygon', coordinates: [[0, 0]] }],
    [111, { __type: 'Polygon', coordinates: [...SQUARE, [91, 0]] }],
    [111, { __type: 'File' }],
    [111, { __type: 'Bytes', base64: '=' }],
    [107, () => 1],
    [107, Number.NaN],
    [107, 10n],
    [107, undefined],
    [107, new Date(Number.NaN)],
    [107, { file: new FileReference('no JSON') }],
    [121, { a: { $where: 1 } }],
    [121, { 'a.b': 1 }],
    [105, { constructor: 1 }],
    [105, JSON.parse('{"a":{"__proto__":{"isAdmin":true}}}')],
    [107, nested(91)],
  ] as readonly (readonly [number, unknown])[])('refuses with %i (case %#)', (code, json) => {
    expect(codeOf(() => parseJson(json))).toBe(code);
  });

  it('refuses nesting that would exhaust the stack, and too many parts, without working on them', () => {
    expect(codeOf(() => parseJson(nested(100_000)))).toBe(107);
    expect(codeOf(() => parseJson(Array.from({ length: 200_000 }, () => 0)))).toBe(116);
    expect(codeOf(() => parseJson(nested(90)))).toBeUndefined();
  });

  it('keeps malformed typed values of stored data as plain records', () => {
    const stored = { __type: 'Pointer', className: 'Game' };
    expect(decodeJson({ list: [stored] })).toStrictEqual({ list: [stored] });
    const hostile = decodeJson(JSON.parse('{"__proto__":{"isAdmin":true}}')) as object;
    expect('isAdmin' in hostile).toBe(false);
  });
});
