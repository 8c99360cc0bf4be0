import { describe, expect, it } from 'vitest';
import { DEMO_USERS, buildSessions, buildUsers } from '../../../src/cli/demo/accounts.ts';
import { buildCities, findCapitals } from '../../../src/cli/demo/cities.ts';
import { DEMO_CLASSES } from '../../../src/cli/demo/classes.ts';
import { buildCountries, buildCountryRelations } from '../../../src/cli/demo/countries.ts';
import { buildTravelNotes } from '../../../src/cli/demo/travel-notes.ts';
import { Pointer } from '../../../src/parse/values.ts';
import { encodeDocument } from '../../../src/storage/mongo/document.ts';

const cities = [...buildCities()];
const countries = buildCountries(findCapitals());

describe('the demo', () => {
  it('holds more than 100,000 objects, each with an id of its own', () => {
    const ids = new Set(cities.map(({ objectId }) => objectId));
    expect([ids.size > 100_000, ids.size]).toEqual([true, cities.length]);
  });

  it('points at objects that are there', () => {
    const there = new Set([...cities, ...countries].map(({ objectId }) => objectId));
    const pointers = [...cities, ...countries, ...buildTravelNotes()].flatMap(({ values }) =>
      [...values.values()].filter((value) => value instanceof Pointer),
    );
    const places = pointers.filter(({ className }) => ['City', 'Country'].includes(className));
    expect(places.filter(({ objectId }) => !there.has(objectId))).toEqual([]);
    const borders = buildCountryRelations().find(({ field }) => field === 'borders');
    expect(borders?.pairs.filter(({ relatedId }) => !there.has(relatedId))).toEqual([]);
  });

  it('is stored as Parse Server would store it', () => {
    const schema = DEMO_CLASSES.find(({ className }) => className === '_User')!;
    const [ada] = buildUsers(new Map(DEMO_USERS.map(({ username }) => [username, 'hash'])));
    const { objectId } = ada!;
    const now = ada!.createdAt!;
    expect(encodeDocument(ada!, schema, { objectId, now })).toEqual({
      _id: objectId,
      username: 'ada',
      email: 'ada@example.com',
      _hashed_password: 'hash',
      _rperm: ['*', objectId],
      _wperm: [objectId],
      _acl: { '*': { r: true }, [objectId]: { r: true, w: true } },
      _created_at: now,
      _updated_at: now,
    });
  });

  it('has sessions that outlast it, with tokens as Parse makes them', () => {
    const now = new Date();
    for (const { values } of buildSessions(now)) {
      expect(values.get('sessionToken')).toMatch(/^r:[0-9a-f]{32}$/);
      expect((values.get('expiresAt') as Date).getTime()).toBeGreaterThan(now.getTime() + 3e11);
    }
  });
});
