import {
  buildRoleRelations,
  buildRoles,
  buildSessions,
  buildUsers,
} from '../../src/cli/demo/accounts.ts';
import { buildCities, findCapitals } from '../../src/cli/demo/cities.ts';
import { DEMO_CLASSES } from '../../src/cli/demo/classes.ts';
import {
  buildCountries,
  buildCountryRelations,
  buildCurrencies,
  buildLanguages,
} from '../../src/cli/demo/countries.ts';
import { buildTravelNotes } from '../../src/cli/demo/travel-notes.ts';
import type { ParseObject } from '../../src/parse/object.ts';
import { openMongoBulkWriter } from '../../src/storage/mongo/mongo-bulk-writer.ts';

/** Cities of the small world besides capitals: enough for pages, few enough to be quick. */
const CITY_COUNT = 1_000;

/** Writes the demo's classes and objects, but only a thousand of its cities and all capitals. About 2,200 objects. */
export async function seedSmallWorld(uri: string): Promise<void> {
  const writer = await openMongoBulkWriter({ uri, collectionPrefix: '' });
  try {
    for (const schema of DEMO_CLASSES) await writer.createIndexes(schema);
    for (const objects of smallWorld()) {
      const schema = DEMO_CLASSES.find(({ className }) => className === objects[0]?.className);
      await writer.insert(schema!, objects);
    }
    for (const rows of [...buildCountryRelations(), ...buildRoleRelations()]) {
      await writer.relate(rows);
    }
    for (const schema of DEMO_CLASSES) await writer.declareClass(schema);
  } finally {
    await writer.close();
  }
}

function smallWorld(): readonly (readonly ParseObject[])[] {
  const capitals = findCapitals();
  const capitalIds = new Set(capitals.values());
  const cities = [...buildCities()].filter(
    ({ objectId }, index) => index < CITY_COUNT || capitalIds.has(objectId),
  );
  return [
    cities,
    buildCountries(capitals),
    buildLanguages(),
    buildCurrencies(),
    buildUsers(new Map()),
    buildRoles(),
    buildSessions(new Date()),
    buildTravelNotes(),
  ];
}
