import fc from 'fast-check';
import { execute, parse, printType } from 'graphql';
import { describe, expect, test } from 'vitest';
import { buildApi, type BuiltApi } from '../../../src/api/build-api.ts';
import type { ClassCatalog } from '../../../src/parse/class-schema.ts';
import {
  catalogOf as catalogOfEntries,
  decodeCatalogEntry,
  type CatalogEntry,
} from '../../../src/storage/mongo/class-schema-codec.ts';
import { type ClassRow, classRow, manyClassRows } from '../../support/many-classes.ts';

const COUNT = 400;

function entryOf(row: ClassRow): CatalogEntry {
  const entry = decodeCatalogEntry(row, (line) => {
    throw new Error(line);
  });
  if (entry === undefined) throw new Error(`${row._id} is no class`);
  return entry;
}

const entries: ReadonlyMap<string, CatalogEntry> = new Map(
  manyClassRows(COUNT).map((row) => [row._id, entryOf(row)]),
);

/** The 400 classes, some of them others: as a database hands them out whose other rows are as they were. */
function catalogWith(...rows: readonly ClassRow[]): ClassCatalog {
  const changed = rows.map((row) => [row._id, entryOf(row)] as const);
  return catalogOfEntries([...new Map([...entries, ...changed]).values()]);
}

function catalogWithout(className: string): ClassCatalog {
  return catalogOfEntries([...entries.values()].filter((e) => e.schema.className !== className));
}

/** The classes that were planned anew. */
function planned(before: BuiltApi, after: BuiltApi): readonly string[] {
  return [...after.plan.classes.values()]
    .filter((plan) => before.plan.classes.get(plan.schema.className) !== plan)
    .map(({ schema }) => schema.className);
}

/** Of what is made for classes: all else is the same for every catalog. */
function sdlOf({ schema, outline }: BuiltApi): string {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return [...roots, ...[...outline.types.keys()].map((name) => schema.getType(name))]
    .map((type) => (type ? printType(type) : ''))
    .join('\n');
}

describe(`of ${COUNT} classes, a change`, () => {
  const before = buildApi(catalogWith());

  test('of a column plans that class and makes no types', () => {
    const after = buildApi(catalogWith(classRow(5, COUNT, 'number')), { before });
    expect(planned(before, after)).toEqual(['Class5']);
    expect(after.outline).toBe(before.outline);
    expect(after.madeClasses()).toEqual([]);
  });

  test('of a column makes the types of the classes that a request names, and no others', () => {
    const after = buildApi(catalogWith(classRow(5, COUNT, 'number')), { before });
    const document = parse('{ __type(name: "Class5Order") { enumValues { name } } }');
    const answer = execute({ schema: after.schema, document });
    expect(JSON.stringify(answer)).toContain('changing_ASC');
    expect(after.madeClasses()).toEqual(['Class5']);
  });

  test('of a pointer plans the lists of the classes it led to and leads to', () => {
    const row = { ...classRow(5, COUNT), next: '*Class90' };
    const after = buildApi(catalogWith(row), { before });
    expect(planned(before, after)).toEqual(['Class5']);
    const changed = [...after.plan.inverse].filter(
      ([className, inverse]) => before.plan.inverse.get(className) !== inverse,
    );
    const touched = ['Class5', 'Class6', 'Class12', 'Class90', '_User'];
    expect(changed.map(([className]) => className).sort()).toEqual(touched.sort());
  });

  test('by which a class comes plans that class', () => {
    const after = buildApi(catalogWith({ _id: 'Newcomer', note: 'string' }), { before });
    expect(planned(before, after)).toEqual(['Newcomer']);
  });

  test('by which a class goes plans the classes that lead to it', () => {
    const after = buildApi(catalogWithout('Class7'), { before });
    expect([...planned(before, after)].sort()).toEqual(['Class0', 'Class4', 'Class6']);
  });

  test('of the configuration plans all', () => {
    const options = { before, graphqlConfig: { disabledForClasses: ['Class3'] } };
    const after = buildApi(catalogWith(), options);
    expect(planned(before, after).length).toBe(COUNT + 1);
  });
});

/** Names that collide, columns that collide, pointers to what may not be there. */
const rows = fc
  .uniqueArray(
    fc.record({
      _id: fc.constantFrom('Team', 'Teams', 'team', 'TeamOrder', 'Data', 'User', '_User', 'NOT'),
      NOT: fc.constantFrom('string', 'number'),
      id: fc.constantFrom('string', 'boolean'),
      teams: fc.constantFrom('*Team', '*_User', 'relation<Teams>'),
      lead: fc.constantFrom('*Team', '*Teams', '*User', '*team', 'array'),
    }),
    { selector: ({ _id }) => _id, minLength: 1 },
  )
  .map((all) => new Map<string, ClassRow>(all.map((row) => [row._id, row])));

const configs = [undefined, { disabledForClasses: ['Team'] }] as const;

test('an API built on the one before it is the one that is built from nothing', () => {
  const history = fc.array(fc.record({ rows, config: fc.constantFrom(...configs) }), {
    minLength: 2,
    maxLength: 4,
  });
  fc.assert(
    fc.property(history, (catalogs) => {
      const known = new Map<string, CatalogEntry>();
      let before: BuiltApi | undefined;
      for (const { rows: next, config } of catalogs) {
        const catalog = catalogOfEntries(
          [...next.values()].map((row) => {
            const text = JSON.stringify(row);
            const entry = known.get(text) ?? decodeCatalogEntry(row, () => undefined);
            if (entry === undefined) throw new Error(`${row._id} is no class`);
            known.set(text, entry);
            return entry;
          }),
        );
        const after = buildApi(catalog, { graphqlConfig: config, ...(before && { before }) });
        const fresh = buildApi(catalog, { graphqlConfig: config });
        expect(after.report).toEqual(fresh.report);
        expect(sdlOf(after)).toBe(sdlOf(fresh));
        before = after;
      }
    }),
    { numRuns: 20 },
  );
});
