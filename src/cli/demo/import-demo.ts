import { hash } from '@node-rs/bcrypt';
import type { ParseObject } from '../../parse/object.ts';
import type { BulkWriter } from '../../storage/bulk-writer.ts';
import {
  DEMO_USERS,
  buildRoleRelations,
  buildRoles,
  buildSessions,
  buildUsers,
} from './accounts.ts';
import { CITY_COUNT, buildCities, findCapitals } from './cities.ts';
import { DEMO_CLASSES } from './classes.ts';
import {
  buildCountries,
  buildCountryRelations,
  buildCurrencies,
  buildLanguages,
} from './countries.ts';
import { DEMO_IMPORT } from './demo-import-name.ts';
import { buildTravelNotes } from './travel-notes.ts';

const BATCH_OBJECTS = 5_000;
/** What Parse Server and bcrypt take by default. */
const BCRYPT_COST = 10;

/** Is told now and then how far the import is. */
export type Progress = (done: number, total: number) => void;

/**
 * Makes the demo database, unless it is whole already.
 *
 * A mark is written last; without it, whatever an interrupted import left is removed and the import starts again.
 * Returns the number of objects written, 0 when there was nothing to do.
 */
export async function importDemo(writer: BulkWriter, onProgress: Progress): Promise<number> {
  if (await writer.isComplete(DEMO_IMPORT)) return 0;
  await writer.dropDatabase();
  const passwordHashes = await hashPasswords();
  const small = [
    buildCountries(findCapitals()),
    buildLanguages(),
    buildCurrencies(),
    buildUsers(passwordHashes),
    buildRoles(),
    buildSessions(new Date()),
    buildTravelNotes(),
  ];
  const total = CITY_COUNT + small.reduce((sum, objects) => sum + objects.length, 0);
  let done = 0;
  const report = (count: number) => {
    done += count;
    onProgress(done, total);
  };
  for (const objects of small) report(await insert(writer, objects));
  for (const objects of batches(buildCities())) report(await insert(writer, objects));
  for (const rows of [...buildCountryRelations(), ...buildRoleRelations()]) {
    await writer.relate(rows);
  }
  for (const schema of DEMO_CLASSES) {
    await writer.createIndexes(schema);
    await writer.declareClass(schema);
  }
  await writer.markComplete(DEMO_IMPORT);
  return total;
}

async function insert(writer: BulkWriter, objects: readonly ParseObject[]): Promise<number> {
  const schema = DEMO_CLASSES.find(({ className }) => className === objects[0]?.className);
  if (schema === undefined)
    throw new Error(`no demo class for ${objects[0]?.className ?? 'nothing'}`);
  await writer.insert(schema, objects);
  return objects.length;
}

function* batches(objects: Iterable<ParseObject>): Generator<readonly ParseObject[]> {
  let batch: ParseObject[] = [];
  for (const object of objects) {
    batch.push(object);
    if (batch.length === BATCH_OBJECTS) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

async function hashPasswords(): Promise<ReadonlyMap<string, string>> {
  const hashes = DEMO_USERS.map(
    async ({ username, password }) => [username, await hash(password, BCRYPT_COST)] as const,
  );
  return new Map(await Promise.all(hashes));
}
