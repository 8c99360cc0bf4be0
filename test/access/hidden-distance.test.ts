import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeGlobalId } from '../../src/api/arguments/global-id.ts';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const POINT = '{ latitude: 0, longitude: 0 }';
const PLACE = `place { latitude kilometersTo(point: ${POINT}) milesTo(point: ${POINT}) radiansTo(point: ${POINT}) }`;
const DENIED = { code: 119 };

/** `Den.place` is hidden from everybody; `Path` leads to dens by a pointer, an array and a relation. */
async function seedDens(uri: string): Promise<void> {
  const client = await MongoClient.connect(uri);
  const db = client.db();
  type Row = Readonly<Record<string, unknown>> & { readonly _id: string };
  const base = { objectId: 'string', createdAt: 'date', updatedAt: 'date' };
  const open = Object.fromEntries(
    ['find', 'get', 'count'].map((operation) => [operation, { '*': true }]),
  );
  await db.collection<Row>('_SCHEMA').insertMany([
    {
      ...{ _id: 'Den', ...base, name: 'string', place: 'geopoint' },
      _metadata: { class_permissions: { ...open, protectedFields: { '*': ['place'] } } },
    },
    { _id: 'Path', ...base, den: '*Den', dens: 'array', all: 'relation<Den>' },
  ]);
  const times = { _created_at: new Date(0), _updated_at: new Date(0) };
  await db.collection<Row>('Den').insertMany([
    { _id: 'far', ...times, name: 'far', place: [50, 50] },
    { _id: 'near', ...times, name: 'near', place: [1, 1] },
  ]);
  const pointer = { __type: 'Pointer', className: 'Den', objectId: 'near' };
  await db
    .collection<Row>('Path')
    .insertOne({ _id: 'p', ...times, _p_den: 'Den$near', dens: [pointer] });
  await db
    .collection<Row>('_Join:all:Path')
    .insertOne({ _id: 'j', owningId: 'p', relatedId: 'near' });
  await client.close();
}

describe('the distance of a position that the caller may not read', () => {
  let test: TestGateway;
  let master: Readonly<Record<string, string>>;
  beforeAll(async () => {
    test = await startGateway({ seed: seedDens });
    master = { 'x-parse-master-key': test.masterKey };
  });
  afterAll(async () => {
    await test.close();
  });

  it.each([
    ['of the object itself', `{ shown: den(id: "near") { ${PLACE} } }`],
    ['in a list', `{ shown: dens(order: [name_ASC]) { edges { node { ${PLACE} } } } }`],
    ['beyond a pointer', `{ shown: path(id: "p") { den { ${PLACE} } } }`],
    ['in an array', `{ shown: path(id: "p") { dens { ... on Den { ${PLACE} } } } }`],
    ['in a relation', `{ shown: path(id: "p") { all { edges { node { ${PLACE} } } } } }`],
    [
      'by a global id',
      `{ shown: nodes(ids: ["${encodeGlobalId('Den', 'near')}"]) { ... on Den { ${PLACE} } } }`,
    ],
  ])('is absent like the position: %s', async (_place, document) => {
    const seen = JSON.stringify(await test.graphql(document, {}, master));
    expect(seen).toContain('"kilometersTo":157.24');
    const { data, errors } = await test.graphql(document);
    expect(errors).toBeUndefined();
    expect(JSON.stringify(data)).toContain('"place":null');
    expect(JSON.stringify(data)).not.toMatch(/To"|latitude/);
  });

  it.each([
    ['nearness', `dens(where: { place: { nearSphere: ${POINT} } })`],
    [
      'nearness within a distance',
      `dens(where: { place: { nearSphere: ${POINT}, maxDistance: 1 } })`,
    ],
    [
      'nearness inside of OR',
      `dens(where: { OR: [{ place: { nearSphere: ${POINT}, maxDistance: 1 } }, { name: { equalTo: "far" } }] })`,
    ],
    [
      'a circle',
      `dens(where: { place: { geoWithin: { centerSphere: { center: ${POINT}, distance: 1 } } } })`,
    ],
    ['equality', 'dens(where: { place: { equalTo: { latitude: 1, longitude: 1 } } })'],
    ['no column to compare', 'dens(where: { place: {} })'],
    ['order', 'dens(order: [place_ASC])'],
    ['order through a pointer', 'paths(orderBy: [{ den: place_ASC }])'],
    ['a pointer', `paths(where: { den: { have: { place: { nearSphere: ${POINT} } } } })`],
    ['a relation', `paths(where: { all: { have: { place: { nearSphere: ${POINT} } } } })`],
  ])('tells nothing by %s', async (_way, list) => {
    const document = `{ shown: ${list} { edges { node { objectId } } } }`;
    expect((await test.graphql(document, {}, master)).errors).toBeUndefined();
    const { data, errors } = await test.graphql(document);
    expect(data).toBeNull();
    expect(errors?.map(({ extensions }) => extensions)).toEqual([DENIED]);
  });
});
