import { setImmediate as nextTurn } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { ClassCatalog } from '../../../src/parse/class-schema.ts';
import { createCurrentApi } from '../../../src/server/current-api.ts';
import { catalogOf } from '../../support/api-catalog.ts';
import { classRow, manyClassRows } from '../../support/many-classes.ts';

const COUNT = 150;

/** The catalog with one class more, which is named after its number. */
function changedCatalog(number: number): ClassCatalog {
  return catalogOf([...manyClassRows(COUNT), { ...classRow(0, COUNT), _id: `New${number}` }]);
}

/** A database whose classes change when the test says so. */
class ChangingDatabase {
  catalog = catalogOf(manyClassRows(COUNT));
  readonly graphqlConfig = undefined;
  readonly #listeners = new Set<(catalog: ClassCatalog) => void>();

  onCatalog(listener: (catalog: ClassCatalog) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  change(number: number): void {
    this.catalog = changedCatalog(number);
    for (const listener of this.#listeners) listener(this.catalog);
  }
}

/** What an API was built from, one entry for each. */
function logged() {
  const lines: string[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => lines.push(line) });
  return { lines, log };
}

test('a change that comes while the first API is built is served next', async () => {
  const database = new ChangingDatabase();
  const { lines, log } = logged();
  const creating = createCurrentApi(database, log);
  await nextTurn();
  database.change(1);
  const api = await creating;
  await api.settled();
  expect(api.current.catalog).toBe(database.catalog);
  expect(api.current.schema.getType('New1')).toBeDefined();
  expect(lines).toHaveLength(2);
  api.close();
});

test('changes that come while one is built are served together, the newest last', async () => {
  const database = new ChangingDatabase();
  const { lines, log } = logged();
  const api = await createCurrentApi(database, log);
  const begun = api.current;
  const served: ClassCatalog[] = [];
  const changes: ClassCatalog[] = [];
  for (let number = 1; number <= 5; number += 1) {
    database.change(number);
    changes.push(database.catalog);
    // Far enough for the build to be under way, and not done.
    for (let turn = 0; turn < 3; turn += 1) {
      await nextTurn();
      if (served.at(-1) !== api.current.catalog) served.push(api.current.catalog);
    }
  }
  await api.settled();
  expect(api.current.catalog).toBe(changes.at(-1));
  expect(api.current.schema.getType('New5')).toBeDefined();
  // What a request began with stays as it was.
  expect(begun.schema.getType('New5')).toBeUndefined();
  expect(begun.schema.getQueryType()?.getFields()['class7s']).toBeDefined();
  const order = served.map((catalog) => changes.indexOf(catalog));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(lines.length).toBeLessThan(1 + changes.length + 1);
  api.close();
});

test('others have their turn while an API is built', async () => {
  const database = new ChangingDatabase();
  const api = await createCurrentApi(database, logged().log);
  database.change(1);
  const settled = api.settled().then(() => true);
  let turns = 0;
  while (!(await Promise.race([settled, nextTurn(false)]))) turns += 1;
  expect(turns).toBeGreaterThan(3);
  api.close();
});

test('a build that is under way stops when the server closes, and says nothing', async () => {
  const database = new ChangingDatabase();
  const { lines, log } = logged();
  const api = await createCurrentApi(database, log);
  const { current } = api;
  lines.length = 0;
  database.change(1);
  await nextTurn();
  await nextTurn();
  api.close();
  await api.settled();
  database.change(2);
  await api.settled();
  expect(api.current).toBe(current);
  expect(lines).toEqual([]);
});
