import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomSchemaChanges } from './random-schema-changes.ts';
import { DESCRIBED, FLOOR_CASES, REST_CASES } from './schema-cases.ts';
import {
  readRealIndexes,
  readSchemaRows,
  startSchemaPair,
  type SchemaAnswer,
  type SchemaPair,
} from './schema-pair.ts';

let pair: SchemaPair;
beforeAll(async () => {
  pair = await startSchemaPair();
}, 120_000);
afterAll(async () => {
  await pair.close();
});
beforeEach(async () => {
  await pair.reset();
});

describe('schema mutations answer and store as Parse Server does', () => {
  it.for(FLOOR_CASES)('$title', async ({ documents }) => {
    for (const document of documents) {
      const theirs = await pair.theirs.ask(document);
      const ours = await pair.ours.ask(document);
      expect(comparable(ours), document).toEqual(comparable(theirs));
      expect(await readSchemaRows(pair.ours.db), document).toEqual(
        await readSchemaRows(pair.theirs.db),
      );
    }
  });
});

describe('what Parse Server offers by REST alone is stored as by Parse Server', () => {
  it.for(REST_CASES)('$title', async ({ steps }) => {
    for (const { rest, input } of steps) {
      const [method, body] = rest;
      const name = method === 'POST' ? 'createClass' : 'updateClass';
      const type = method === 'POST' ? 'CreateClassInput' : 'UpdateClassInput';
      const theirs = await pair.rest(method, '/schemas/Thing', { className: 'Thing', ...body });
      const ours = await pair.ours.ask(
        `mutation ($input: ${type}!) { ${name}(input: $input) { class { name } } }`,
        { input: { name: 'Thing', ...input } },
      );
      const step = JSON.stringify(input);
      expect(ours.code, step).toEqual(theirs.code);
      expect(await readSchemaRows(pair.ours.db), step).toEqual(
        await readSchemaRows(pair.theirs.db),
      );
      expect(await readRealIndexes(pair.ours.db, 'Thing'), step).toEqual(
        await readRealIndexes(pair.theirs.db, 'Thing'),
      );
    }
  });
});

const sequences = Number(process.env['SCHEMA_PARITY_SEQUENCES'] ?? 20);

describe('random changes of classes', () => {
  it.for(randomSchemaChanges(20_260_701, sequences).map((steps, at) => ({ at, steps })))(
    'sequence $at ends in the same rows, with the same answers',
    async ({ steps }) => {
      for (const { mutation, input } of steps) {
        const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
        const document = `mutation ($input: ${type}!) { it: ${mutation}(input: $input) ${DESCRIBED} }`;
        const theirs = await pair.theirs.ask(document, { input });
        const ours = await pair.ours.ask(document, { input });
        const step = JSON.stringify({ mutation, input });
        expect(comparable(ours), step).toEqual(comparable(theirs));
        expect(await readSchemaRows(pair.ours.db), step).toEqual(
          await readSchemaRows(pair.theirs.db),
        );
      }
    },
  );
});

/** Columns are listed in no order that counts. */
function comparable({ data, code }: SchemaAnswer): unknown {
  return { code, data: sorted(data) };
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort()
      .map(([key, part]) => [key, sorted(part)]),
  );
}
