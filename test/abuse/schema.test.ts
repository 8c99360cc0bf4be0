import { MongoClient, type Db } from 'mongodb';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startGateway, type GraphqlBody, type TestGateway } from '../support/start-gateway.ts';

type Row = Readonly<Record<string, unknown>> & { readonly _id: string };

let gateway: TestGateway;
let client: MongoClient;
let db: Db;

beforeAll(async () => {
  const settings = {
    readOnlyMasterKey: 'read-only',
    maintenanceKey: 'maintenance',
    graphQLPublicIntrospection: 'true',
  };
  gateway = await startGateway({ seed: () => Promise.resolve(), settings });
  client = await MongoClient.connect(gateway.uri);
  db = client.db();
});

afterAll(async () => {
  await client.close();
  await gateway.close();
});

beforeEach(async () => {
  await db.dropDatabase();
});

type Input = Readonly<Record<string, unknown>>;
type Kind = 'create' | 'update' | 'delete' | 'purge';

const answered =
  '{ class { name schemaFields { name required defaultValue } indexes { name keys { field kind } } classLevelPermissions } changes { kind name objectCount text } }';

function ask(
  kind: Kind,
  input: Input,
  headers: Readonly<Record<string, string>> = { 'x-parse-master-key': gateway.masterKey },
): Promise<GraphqlBody> {
  const type = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}ClassInput`;
  const document = `mutation ($input: ${type}!) { it: ${kind}Class(input: $input) ${answered} }`;
  return gateway.graphql(document, { input }, headers);
}

const codeOf = ({ errors }: GraphqlBody): unknown => errors?.[0]?.extensions['code'];

async function done(kind: Kind, input: Input): Promise<Readonly<Record<string, unknown>>> {
  const { data, errors } = await ask(kind, input);
  expect(errors).toBeUndefined();
  return data?.['it'] as Readonly<Record<string, unknown>>;
}

function row(className: string): Promise<Row | null> {
  return db.collection<Row>('_SCHEMA').findOne({ _id: className });
}

/** Every document and every index of the database. */
async function everything(): Promise<unknown> {
  const collections = await db.listCollections().toArray();
  const contents = collections.map(async ({ name }) => {
    const collection = db.collection(name);
    return [name, await collection.find().toArray(), await collection.indexes()] as const;
  });
  return (await Promise.all(contents)).sort(([a], [b]) => (a < b ? -1 : 1));
}

const strings = (...names: readonly string[]): Input => ({
  schemaFields: { addStrings: names.map((name) => ({ name })) },
});

describe('whoever has no master key', () => {
  it('changes nothing: 119, and nothing is read or written', async () => {
    await done('create', { name: 'Team', ...strings('title') });
    const before = await everything();
    const callers = [
      {},
      { 'x-parse-master-key': 'wrong' },
      { 'x-parse-master-key': 'read-only' },
      { 'x-parse-maintenance-key': 'maintenance' },
    ];
    for (const headers of callers) {
      for (const dryRun of [true, false]) {
        gateway.takeCommands();
        expect(codeOf(await ask('create', { name: 'New', dryRun }, headers))).toBe(119);
        expect(codeOf(await ask('create', { name: '1x', dryRun }, headers))).toBe(119);
        expect(
          codeOf(await ask('update', { name: 'Team', dryRun, ...strings('a') }, headers)),
        ).toBe(119);
        expect(codeOf(await ask('update', { name: 'Nosuch', dryRun }, headers))).toBe(119);
        expect(codeOf(await ask('delete', { name: 'Team', dryRun, purge: true }, headers))).toBe(
          119,
        );
        expect(codeOf(await ask('purge', { name: 'Team', dryRun }, headers))).toBe(119);
        expect(gateway.takeCommands()).toEqual([]);
      }
    }
    expect(await everything()).toEqual(before);
  });
});

describe('a name', () => {
  const long = 'x'.repeat(101);
  const bad = [
    '',
    ' ',
    '1x',
    '$where',
    'a.b',
    'a$b',
    'a b',
    'x\0y',
    'ä',
    'a\n',
    '__proto__',
    'constructor',
    'hasOwnProperty',
    'length',
    'className',
    long,
    'x'.repeat(100_000),
    '_Join:a:B',
    '_SCHEMA',
    'system.users',
    '../x',
  ];

  it.for(bad.map((name) => [name.slice(0, 30), name] as const))(
    '%s is refused for a class, a column and a target',
    async ([, name]) => {
      await done('create', { name: 'Base' });
      const before = await everything();
      expect(codeOf(await ask('create', { name }))).toBe(103);
      expect(codeOf(await ask('update', { name: 'Base', ...strings(name) }))).toBe(105);
      expect(codeOf(await ask('create', { name: 'New', ...strings(name) }))).toBe(105);
      const addPointers = [{ name: 'p', targetClassName: name }];
      // Parse Server, too, makes pointers to classes of these names.
      const isTarget = ['constructor', 'hasOwnProperty'].includes(name);
      if (!isTarget) {
        const code = name === '' ? 135 : 103;
        expect(codeOf(await ask('update', { name: 'Base', schemaFields: { addPointers } }))).toBe(
          code,
        );
      }
      for (const kind of ['update', 'delete', 'purge'] as const) {
        expect(codeOf(await ask(kind, { name }))).toBe(103);
      }
      expect(await everything()).toEqual(before);
      expect(Object.hasOwn(Object.prototype, 'type')).toBe(false);
    },
  );

  it('that GraphQL already uses gets a suffix, the same each time, and the class works', async () => {
    const names = [
      'Query',
      'Mutation',
      'Class',
      'SchemaField',
      'CreateClassInput',
      'team',
      'Team',
      'Int',
      'LiveEvent',
      'Subscription',
      'ClientMutationId',
      'SchemaChange',
    ];
    for (const name of names) await done('create', { name, ...strings('title') });
    const fields = async (): Promise<readonly string[]> => {
      const { data } = await gateway.graphql(
        '{ __type(name: "Mutation") { fields { name } } }',
        undefined,
        { 'x-parse-master-key': gateway.masterKey },
      );
      const type = data?.['__type'] as { readonly fields: readonly { readonly name: string }[] };
      return type.fields.map(({ name }) => name).sort();
    };
    const served = await fields();
    expect(served).toEqual(
      expect.arrayContaining([
        ...['createQuery_2', 'createMutation_2', 'createClass', 'createClass_2', 'createInt_2'],
        ...['createSchemaField_2', 'createSchemaChange_2', 'createTeam', 'createTeam_2'],
        ...['createCreateClassInput_2', 'createSubscription', 'createLiveEvent'],
      ]),
    );
    await done('delete', { name: 'ClientMutationId' });
    await done('create', { name: 'ClientMutationId', ...strings('title') });
    expect(await fields()).toEqual(served);
    const created = await gateway.graphql(
      'mutation { createQuery_2(input: { fields: { title: "x" } }) { query_2 { title } } }',
    );
    expect(created.data).toEqual({ createQuery_2: { query_2: { title: 'x' } } });
  });
});

describe('null', () => {
  it('is as good as left out, everywhere', async () => {
    const nothing = {
      schemaFields: {
        addStrings: null,
        addGeoPoint: null,
        addPointers: null,
        remove: null,
        changeOptions: null,
      },
      classLevelPermissions: null,
      indexes: { add: null, remove: null },
      dryRun: null,
      clientMutationId: null,
    };
    await done('create', { name: 'Null', ...nothing });
    await done('update', { name: 'Null', classLevelPermissions: { find: {} } });
    await done('update', { name: 'Null', ...nothing });
    await done('update', { name: 'Null', schemaFields: null, indexes: null });
    await done('update', {
      name: 'Null',
      schemaFields: { addStrings: [{ name: 'a', required: null, defaultValue: null }] },
    });
    expect(await row('Null')).toEqual({
      ...{ _id: 'Null', objectId: 'string', updatedAt: 'date', createdAt: 'date', a: 'string' },
      _metadata: { class_permissions: { find: {} } },
    });
    await done('delete', { name: 'Null', purge: null, dryRun: null });
  });
});

describe('JSON', () => {
  it('of permissions and default values is refused with a code when it is none, and nothing is written', async () => {
    await done('create', { name: 'Json', schemaFields: { addObjects: [{ name: 'o' }] } });
    const before = await everything();
    const deep = JSON.parse(`${'{"a":'.repeat(150)}1${'}'.repeat(150)}`) as unknown;
    const permissions: readonly unknown[] = [
      JSON.parse('{"__proto__":{"*":true}}'),
      JSON.parse('{"find":{"__proto__":true}}'),
      ...[{ $where: {} }, { find: [] }, { find: { '*': 'true' } }, { find: { '*': {} } }],
      ...[
        { protectedFields: { '*': [{ $ne: 1 }] } },
        { readUserFields: [null] },
        { ACL: { '*': null } },
      ],
    ];
    for (const classLevelPermissions of permissions) {
      const answer = await ask('update', { name: 'Json', classLevelPermissions });
      expect(codeOf(answer), JSON.stringify(classLevelPermissions)).toBe(107);
    }
    const values: readonly (readonly [unknown, number])[] = [
      [{ $where: 1 }, 121],
      [{ 'a.b': 1 }, 121],
      [JSON.parse('{"__proto__":1}'), 105],
      [{ constructor: 1 }, 105],
      [deep, 107],
      [{ __type: 'Date', iso: 'never' }, 111],
      [{ __type: 'Pointer', className: 'X', objectId: 'y' }, 111],
      [[1], 111],
    ];
    for (const [defaultValue, code] of values) {
      const changeOptions = [{ name: 'o', defaultValue }];
      const answer = await ask('update', { name: 'Json', schemaFields: { changeOptions } });
      expect(codeOf(answer), JSON.stringify(defaultValue).slice(0, 50)).toBe(code);
    }
    expect(await everything()).toEqual(before);
  });

  it('of permissions may name roles with dots and dollars, and is read as it was written', async () => {
    const classLevelPermissions = {
      find: { 'role:a.b$c': true },
      ...{ get: {}, count: {}, create: {}, update: {}, delete: {}, addField: {} },
      protectedFields: { 'role:$x.y': ['title'] },
    };
    await done('create', { name: 'Dots', ...strings('title'), classLevelPermissions });
    const { class: read } = await done('update', { name: 'Dots' });
    expect(read).toMatchObject({ classLevelPermissions });
  });
});

describe('an index', () => {
  it('that cannot be is refused with 102, and is not listed', async () => {
    await done('create', {
      name: 'Indexed',
      schemaFields: {
        addStrings: [{ name: 'a' }, { name: 'b' }],
        addRelations: [{ name: 'r', targetClassName: 'X' }],
        addObjects: [{ name: 'o' }],
      },
      indexes: {
        add: [
          { name: 'words', keys: [{ field: 'a', kind: 'TEXT' }] },
          { name: 'deep', keys: [{ field: 'o.x.y', kind: 'DESC' }] },
          { name: 'born', keys: [{ field: 'createdAt' }] },
        ],
      },
    });
    const before = await everything();
    const keys = [{ field: 'b' }];
    const bad: readonly Input[] = [
      { add: [{ name: '', keys }] },
      { add: [{ name: '$x', keys }] },
      { add: [{ name: 'a.b', keys }] },
      { add: [{ name: '__proto__', keys: [] }] },
      { add: [{ name: '_id_', keys }] },
      { add: [{ name: 'x', keys: [] }] },
      { add: [{ name: 'x', keys: [...keys, ...keys] }] },
      { add: [{ name: 'x', keys: [{ field: 'nosuch' }] }] },
      { add: [{ name: 'x', keys: [{ field: 'r' }] }] },
      { add: [{ name: 'x', keys: [{ field: '$**' }] }] },
      { add: [{ name: 'x', keys: [{ field: 'b.c' }] }] },
      { add: [{ name: 'x', keys: [{ field: 'o.$c' }] }] },
      { add: [{ name: 'x', keys: [{ field: '_hashed_password' }] }] },
      {
        add: [
          { name: 'x', keys },
          { name: 'x', keys },
        ],
      },
      { add: [{ name: 'words', keys }] },
      { add: [{ name: 'more', keys: [{ field: 'b', kind: 'TEXT' }] }] },
      { remove: ['_id_'] },
      { remove: ['nosuch'] },
      { remove: ['*'] },
    ];
    for (const indexes of bad) {
      expect(
        codeOf(await ask('update', { name: 'Indexed', indexes })),
        JSON.stringify(indexes),
      ).toBe(102);
    }
    expect(await everything()).toEqual(before);
  });
});

describe('changes at the same time', () => {
  const many = <T>(count: number, make: (at: number) => Promise<T>): Promise<readonly T[]> =>
    Promise.all(Array.from({ length: count }, (_, at) => make(at)));

  it('of two or more creations one wins', async () => {
    const answers = await many(10, (at) => ask('create', { name: 'Race', ...strings(`f${at}`) }));
    expect(answers.map(codeOf).filter((code) => code === undefined)).toHaveLength(1);
    expect(answers.map(codeOf).filter((code) => code === 103)).toHaveLength(9);
    const own = Object.keys((await row('Race')) ?? {}).filter((name) => /^f\d$/.test(name));
    expect(own).toHaveLength(1);
  });

  it('lose no column, option or index, and add one GeoPoint', async () => {
    await done('create', { name: 'Race' });
    const columns = await many(10, (at) =>
      ask('update', {
        name: 'Race',
        schemaFields: { addNumbers: [{ name: `n${at}`, defaultValue: at }] },
        indexes: { add: [{ name: `i${at}`, keys: [{ field: `n${at}` }] }] },
      }),
    );
    expect(columns.map(codeOf)).toEqual(Array.from({ length: 10 }, () => undefined));
    const stored = await row('Race');
    const metadata = stored?.['_metadata'] as {
      readonly indexes: object;
      readonly fields_options: object;
    };
    expect(Object.keys(metadata.indexes)).toHaveLength(11);
    expect(Object.keys(metadata.fields_options)).toHaveLength(10);
    const points = await many(6, (at) =>
      ask('update', { name: 'Race', schemaFields: { addGeoPoint: { name: `g${at}` } } }),
    );
    expect(points.map(codeOf).filter((code) => code === undefined)).toHaveLength(1);
    expect(points.map(codeOf).filter((code) => code === 111)).toHaveLength(5);
    expect(
      Object.values((await row('Race')) ?? {}).filter((type) => type === 'geopoint'),
    ).toHaveLength(1);
  });

  it('of a column’s types one wins, and the others are told', async () => {
    await done('create', { name: 'Race' });
    const kinds = ['addStrings', 'addNumbers', 'addBooleans', 'addDates'];
    const answers = await many(8, (at) =>
      ask('update', { name: 'Race', schemaFields: { [kinds[at % 4] ?? '']: [{ name: 'same' }] } }),
    );
    const codes = answers.map(codeOf);
    expect(codes.filter((code) => code === undefined).length).toBeGreaterThan(0);
    // 105 for whoever looked after the column was there.
    expect(codes.every((code) => code === undefined || code === 111 || code === 105)).toBe(true);
    const { same } = (await row('Race')) as unknown as { readonly same: string };
    answers.forEach((answer, at) => {
      const wanted = (kinds[at % 4] ?? '').replace(/^add|s$/g, '').toLowerCase();
      if (codeOf(answer) === undefined) expect(wanted).toBe(same);
    });
  });

  it('never bring a deleted class back', async () => {
    for (let round = 0; round < 5; round += 1) {
      await done('create', { name: 'Race' });
      const answers = await Promise.all([
        ask('delete', { name: 'Race' }),
        ask('update', { name: 'Race', ...strings('late') }),
        ask('update', { name: 'Race', classLevelPermissions: {} }),
        ask('update', {
          name: 'Race',
          schemaFields: { addNumbers: [{ name: 'n', defaultValue: 1 }] },
        }),
      ]);
      expect(codeOf(answers[0])).toBeUndefined();
      expect(
        answers
          .slice(1)
          .map(codeOf)
          .every((code) => code === undefined || code === 103 || code === 111),
      ).toBe(true);
      expect(await row('Race')).toBeNull();
    }
  });
});

describe('a dry run', () => {
  it('says what would change, and how many objects lose something, and writes nothing', async () => {
    await done('create', {
      name: 'Dry',
      schemaFields: {
        addStrings: [{ name: 'a' }, { name: 'b' }],
        addPointers: [{ name: 'p', targetClassName: 'Dry' }],
      },
    });
    await db
      .collection<Row>('Dry')
      .insertMany([
        { _id: '1', a: 'x', _p_p: 'Dry$2' },
        { _id: '2', a: null, b: 'y' },
        { _id: '3' },
      ]);
    const before = await everything();
    const created = await done('create', { name: 'New', ...strings('t'), dryRun: true });
    expect(created).toMatchObject({
      class: { name: 'New' },
      changes: [
        { kind: 'CREATE_CLASS' },
        { kind: 'ADD_FIELD', name: 't', text: 'adds column t: String' },
      ],
    });
    const updated = await done('update', {
      name: 'Dry',
      dryRun: true,
      schemaFields: {
        remove: [{ name: 'a' }, { name: 'p' }],
        addNumbers: [{ name: 'n', required: true, defaultValue: 3 }],
        changeOptions: [{ name: 'b', required: true }],
      },
      classLevelPermissions: { find: { '*': true } },
      indexes: { add: [{ name: 'n_1', keys: [{ field: 'n' }, { field: 'b', kind: 'DESC' }] }] },
    });
    expect(updated['changes']).toEqual([
      {
        kind: 'REMOVE_FIELD',
        name: 'a',
        objectCount: 2,
        text: 'removes column a and its values (objects: 2)',
      },
      {
        kind: 'REMOVE_FIELD',
        name: 'p',
        objectCount: 1,
        text: 'removes column p and its values (objects: 1)',
      },
      {
        kind: 'ADD_FIELD',
        name: 'n',
        objectCount: null,
        text: 'adds column n: Number, required, by default 3',
      },
      {
        kind: 'SET_FIELD_OPTIONS',
        name: 'b',
        objectCount: null,
        text: 'column b becomes String, required',
      },
      {
        kind: 'SET_PERMISSIONS',
        name: null,
        objectCount: null,
        text: 'replaces the class-level permissions',
      },
      {
        kind: 'CREATE_INDEX',
        name: 'n_1',
        objectCount: null,
        text: 'makes index n_1 on n ASC, b DESC',
      },
    ]);
    expect(updated['class']).toMatchObject({
      indexes: [
        {
          name: 'n_1',
          keys: [
            { field: 'n', kind: 'ASC' },
            { field: 'b', kind: 'DESC' },
          ],
        },
      ],
      classLevelPermissions: { find: { '*': true }, get: {} },
    });
    expect(await done('purge', { name: 'Dry', dryRun: true })).toMatchObject({
      changes: [{ kind: 'PURGE_CLASS', objectCount: 3 }],
    });
    expect(await done('delete', { name: 'Dry', dryRun: true, purge: true })).toMatchObject({
      changes: [{ kind: 'PURGE_CLASS', objectCount: 3 }, { kind: 'DELETE_CLASS' }],
    });
    expect(codeOf(await ask('delete', { name: 'Dry', dryRun: true }))).toBe(255);
    expect(codeOf(await ask('create', { name: 'Dry', dryRun: true }))).toBe(103);
    expect(await everything()).toEqual(before);
    // What was told is what is done.
    expect(await done('purge', { name: 'Dry' })).toMatchObject({
      changes: [{ kind: 'PURGE_CLASS', objectCount: 3 }],
    });
    expect(await done('delete', { name: 'Dry' })).toMatchObject({
      changes: [{ kind: 'DELETE_CLASS' }],
    });
    expect(await row('Dry')).toBeNull();
  });
});

describe('classes that Parse cannot be without', () => {
  it('are not deleted, empty or not', async () => {
    for (const name of ['_User', '_Role', '_Session']) {
      if (name !== '_Session') await db.collection<Row>('_SCHEMA').insertOne({ _id: name });
      else await done('create', { name });
      expect(codeOf(await ask('delete', { name, purge: true }))).toBe(119);
      expect(await row(name)).not.toBeNull();
    }
  });
});

describe('the cost of a change', () => {
  it('is a handful of commands', async () => {
    const commandsOf = async (kind: Kind, input: Input): Promise<readonly string[]> => {
      gateway.takeCommands();
      await done(kind, { name: 'Cost', ...input });
      return gateway.takeCommands().map(({ name, collection }) => `${name} ${collection}`);
    };
    const read = 'find _SCHEMA';
    const change = 'update _SCHEMA';
    expect(await commandsOf('create', strings('a'))).toEqual([read, 'insert _SCHEMA', read]);
    expect(
      await commandsOf('update', {
        schemaFields: {
          remove: [{ name: 'a' }],
          addRelations: [{ name: 'r', targetClassName: 'Cost' }],
          addNumbers: [{ name: 'n' }, { name: 'm' }],
        },
        classLevelPermissions: {},
        indexes: { add: [{ name: 'n_1', keys: [{ field: 'n' }] }] },
      }),
    ).toEqual([
      ...[read, 'update Cost', change, change, change, 'createIndexes Cost', read, change, read],
    ]);
    expect(await commandsOf('purge', {})).toEqual([read, 'delete Cost']);
    expect(await commandsOf('delete', {})).toEqual([
      ...[read, 'aggregate Cost', 'drop Cost', 'drop _Join:r:Cost', 'delete _SCHEMA'],
    ]);
  });
});

describe('10,000 columns', () => {
  it('are one command, as are 300 for a class that exists, and served', async () => {
    const names = Array.from({ length: 10_000 }, (_, at) => `f${at}`);
    const written = (): readonly string[] =>
      gateway
        .takeCommands()
        .map(({ name }) => name)
        .filter((name) => name !== 'find');
    gateway.takeCommands();
    await done('create', { name: 'Wide', ...strings(...names) });
    expect(written()).toEqual(['insert']);
    await done('create', { name: 'Slim' });
    await done('update', { name: 'Slim', ...strings(...names.slice(0, 300)) });
    expect(written()).toEqual(['insert', 'update']);
    const { data } = await gateway.graphql(
      'mutation { createWide(input: { fields: { f9999: "x" } }) { wide { f9999 f0 } } }',
    );
    expect(data).toEqual({ createWide: { wide: { f9999: 'x', f0: null } } });
  });
});
