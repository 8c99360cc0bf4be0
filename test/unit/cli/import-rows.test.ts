import { describe, expect, it } from 'vitest';
import { readCsvRows } from '../../../src/cli/import/csv-rows.ts';
import { readJsonRows } from '../../../src/cli/import/json-rows.ts';

describe('readJsonRows', () => {
  it.each([
    ['a list', '[{"a":1},\n{"a":2}\n]', [1, 2]],
    ['a list over several lines', '\n\n[\n  {\n"a":1},\n\n {"a":2}]', [4, 7]],
    ['Parse’s export', '{ "results" : [\n{"a":1}, {"a":2}]}', [2, 2]],
    ['one object a line', '{"a":1}\n\n{"a":2}', [1, 3]],
    ['texts full of brackets', '[{"a":"]},\\"{"},\n{"a":"\\\\"}]', [1, 2]],
    ['an empty list', '[]', []],
    ['an empty file', '', []],
  ])('reads %s with the line of each object', (_title, text, lines) => {
    expect([...readJsonRows(text)].map(({ line }) => line)).toEqual(lines);
  });

  it('keeps what texts hold', () => {
    expect([...readJsonRows('[{"a":"]},\\"{"}]')][0]?.fields).toEqual({ a: ']},"{' });
  });
});

describe('readCsvRows', () => {
  it('knows the line of a row behind a cell of several lines', () => {
    const rows = readCsvRows('a,b\n"x\ny",1\nz,2\n', undefined);
    expect(rows).toEqual([
      { line: 2, fields: { a: 'x\ny', b: 1 } },
      { line: 4, fields: { a: 'z', b: 2 } },
    ]);
  });

  it('keeps numbers with leading zeros as text', () => {
    expect(readCsvRows('zip\n00100\n', undefined)[0]?.fields).toEqual({ zip: '00100' });
  });

  it('refuses a row with too many cells, with its line', () => {
    expect(() => readCsvRows('a\n1\n2,3\n', undefined)).toThrow(
      expect.objectContaining({ line: 3 }),
    );
  });
});
