/** One object as REST JSON, with the id it will have. */
interface SeedObject {
  readonly className: string;
  readonly key: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the parity documents may name: seed key → objectId, and the users' session tokens. */
export interface ParityData {
  readonly ids: ReadonlyMap<string, string>;
  readonly sessions: ReadonlyMap<string, string>;
}

interface RestServer {
  readonly restUrl: string;
  readonly applicationId: string;
  readonly masterKey: string;
}

const geo = (latitude: number, longitude: number): object => ({
  __type: 'GeoPoint',
  latitude,
  longitude,
});
const date = (iso: string): object => ({ __type: 'Date', iso });
const square = (south: number, west: number, side: number): object => ({
  __type: 'Polygon',
  coordinates: [
    [south, west],
    [south, west + side],
    [south + side, west + side],
    [south + side, west],
    [south, west],
  ],
});

/** Class definitions for the schema API; the shapes of `schema/classes`. */
const classes = [
  {
    className: 'Country',
    fields: {
      name: { type: 'String', required: true },
      code: { type: 'String' },
      population: { type: 'Number' },
      isMember: { type: 'Boolean' },
      border: { type: 'Polygon' },
    },
  },
  {
    className: 'Company',
    fields: {
      name: { type: 'String' },
      founded: { type: 'Date' },
      revenue: { type: 'Number', defaultValue: 0 },
      settings: { type: 'Object' },
      tags: { type: 'Array' },
      location: { type: 'GeoPoint' },
      logo: { type: 'File' },
      seal: { type: 'Bytes' },
      country: { type: 'Pointer', targetClass: 'Country' },
    },
  },
  {
    className: 'Employee',
    fields: {
      firstName: { type: 'String' },
      salary: { type: 'Number' },
      active: { type: 'Boolean' },
      hiredAt: { type: 'Date' },
      profile: { type: 'Object' },
      skills: { type: 'Array' },
      position: { type: 'GeoPoint' },
      area: { type: 'Polygon' },
      photo: { type: 'File' },
      badge: { type: 'Bytes' },
      company: { type: 'Pointer', targetClass: 'Company' },
      manager: { type: 'Pointer', targetClass: 'Employee' },
      account: { type: 'Pointer', targetClass: '_User' },
      reports: { type: 'Relation', targetClass: 'Employee' },
    },
  },
  {
    className: 'Team',
    fields: {
      name: { type: 'String', required: true },
      budget: { type: 'Number' },
      company: { type: 'Pointer', targetClass: 'Company' },
      lead: { type: 'Pointer', targetClass: 'Employee' },
      members: { type: 'Relation', targetClass: 'Employee' },
      featured: { type: 'Array' },
    },
  },
  {
    className: 'Secret',
    fields: { title: { type: 'String' }, level: { type: 'Number' } },
    classLevelPermissions: {
      find: { requiresAuthentication: true },
      get: { requiresAuthentication: true },
      count: { requiresAuthentication: true },
      create: { requiresAuthentication: true },
      update: { requiresAuthentication: true },
      delete: { requiresAuthentication: true },
      addField: {},
      protectedFields: { '*': ['level'] },
    },
  },
  {
    className: 'Locked',
    fields: { title: { type: 'String' } },
    classLevelPermissions: { find: {}, get: {}, count: {}, create: {}, update: {}, delete: {} },
  },
  {
    className: 'Uncounted',
    fields: { title: { type: 'String' }, kept: { type: 'Relation', targetClass: 'Locked' } },
    classLevelPermissions: {
      find: { '*': true },
      get: { '*': true },
      count: {},
      create: { '*': true },
      update: { '*': true },
      delete: { '*': true },
    },
  },
] as const;

/** `@key` in a body stands for the pointer to that seed object. */
const objects: readonly SeedObject[] = [
  ...['Norway NO 5400000', 'Spain ES 47400000', 'Japan JP 125700000', 'Nowhere XX 0'].map(
    (line, index) => {
      const [name = '', code = '', population = ''] = line.split(' ');
      return {
        className: 'Country',
        key: code,
        body: {
          name,
          code,
          population: Number(population),
          isMember: index % 2 === 0,
          ...(index < 2 && { border: square(40 + index * 18, -3 + index * 10, 8) }),
        },
      };
    },
  ),
  {
    className: 'Company',
    key: 'fjord',
    body: {
      name: 'Fjord Shipping',
      founded: date('1911-04-02T00:00:00.000Z'),
      revenue: 120.5,
      settings: { theme: { dark: true, size: 12 }, seats: 0, tags: ['a', 'b'], note: null },
      tags: ['sea', 'cargo', 7, true, null, { deep: 1 }],
      location: geo(59.91, 10.75),
      seal: { __type: 'Bytes', base64: 'AQIDBA==' },
      country: '@NO',
    },
  },
  {
    className: 'Company',
    key: 'sol',
    body: {
      name: 'Sol y Sombra',
      founded: date('1999-12-31T23:59:59.999Z'),
      revenue: 0,
      settings: { theme: { dark: false, size: 14 }, seats: 3 },
      tags: ['sun'],
      location: geo(40.42, -3.7),
      country: '@ES',
    },
  },
  {
    className: 'Company',
    key: 'kaze',
    body: { name: 'Kaze', tags: [], location: geo(35.68, 139.69), country: '@JP' },
  },
  { className: 'Company', key: 'empty', body: {} },
  ...Array.from({ length: 12 }, (_, index) => ({
    className: 'Employee',
    key: `e${index}`,
    body: {
      firstName: ['Ann', 'Bo', 'Cyd', 'ann', 'Éva', 'Dag'][index % 6],
      ...(index !== 5 && { salary: (index % 4) * 1000 + 0.5 }),
      ...(index % 3 !== 2 && { active: index % 2 === 0 }),
      hiredAt: date(`20${10 + index}-01-15T08:00:00.000Z`),
      profile: { level: index % 3, address: { city: ['Oslo', 'Madrid'][index % 2] } },
      skills: ['sail', 'cook', 'code'].slice(0, index % 4),
      position: geo(index * 5, index * 10),
      ...(index === 1 && { area: square(0, 0, 10), badge: { __type: 'Bytes', base64: 'AA==' } }),
      company: ['@fjord', '@sol', '@kaze'][index % 3],
      ...(index > 0 && { manager: `@e${Math.floor((index - 1) / 2)}` }),
      ...(index < 2 && { account: ['@alice', '@bob'][index] }),
      ...(index === 7 && { ACL: { '@id:alice': { read: true, write: true } } }),
      ...(index === 8 && { ACL: { 'role:Editors': { read: true } } }),
      ...(index === 9 && { ACL: {} }),
    },
  })),
  {
    className: 'Team',
    key: 'deck',
    body: {
      name: 'Deck',
      budget: 10,
      company: '@fjord',
      lead: '@e0',
      featured: ['@e1', 'text', 5, null, '@fjord', { k: 'v' }],
      members: ['@e1', '@e2', '@e3', '@e7', '@e8'],
    },
  },
  {
    className: 'Team',
    key: 'galley',
    body: {
      name: 'Galley',
      budget: -1,
      company: '@sol',
      lead: '@e7',
      featured: [],
      members: ['@e4', '@e1'],
    },
  },
  { className: 'Team', key: 'shore', body: { name: 'Shore' } },
  ...[1, 2, 3].map((level) => ({
    className: 'Secret',
    key: `s${level}`,
    body: {
      title: `secret ${level}`,
      level,
      ...(level === 2 && { ACL: { '@id:alice': { read: true, write: true } } }),
    },
  })),
  { className: 'Locked', key: 'l1', body: { title: 'locked' } },
  ...['a', 'b', 'c'].map((title) => ({
    className: 'Uncounted',
    key: `u${title}`,
    body: { title },
  })),
];

/**
 * Fills the server's database through its own REST API, so that every document is as Parse Server writes it.
 * Users: alice (role Editors through its child role Writers), bob; both with password `secret-<name>`.
 */
export async function seedParityData(server: RestServer): Promise<ParityData> {
  const ids = new Map<string, string>();
  const sessions = new Map<string, string>();
  const send = sender(server);

  for (const definition of classes) {
    await send('POST', `schemas/${definition.className}`, definition);
  }
  for (const name of ['alice', 'bob']) {
    const user = await send('POST', 'users', {
      username: name,
      password: `secret-${name}`,
      email: `${name}@example.org`,
    });
    ids.set(name, readText(user, 'objectId'));
    const session = await send('POST', 'login', { username: name, password: `secret-${name}` });
    sessions.set(name, readText(session, 'sessionToken'));
  }
  await seedRoles(send, ids);
  const classOf = new Map(objects.map(({ key, className }) => [key, className]));
  classOf.set('alice', '_User').set('bob', '_User');
  for (const { className, key, body } of objects) {
    const created = await send('POST', `classes/${className}`, resolve(body, ids, classOf));
    ids.set(key, readText(created, 'objectId'));
  }
  const phone = await send('POST', 'installations', {
    ...{ deviceType: 'ios', installationId: 'a-phone', channels: ['news'] },
  });
  ids.set('phone', readText(phone, 'objectId'));
  const tent = await send('POST', 'classes/_Product', {
    ...{ productIdentifier: 'tent', title: 'Tent', subtitle: 'For two', order: 2 },
    icon: { __type: 'File', name: 'tent.png', url: 'http://files.example/tent.png' },
  });
  ids.set('tent', readText(tent, 'objectId'));
  await send('PUT', 'config', {
    params: { colour: 'blue', hidden: 7 },
    masterKeyOnly: { hidden: true },
  });
  return { ids, sessions };
}

type Send = (method: string, path: string, body: unknown) => Promise<Record<string, unknown>>;

function sender({ restUrl, applicationId, masterKey }: RestServer): Send {
  return async (method, path, body) => {
    const response = await fetch(`${restUrl}/${path}`, {
      method,
      headers: {
        'content-type': 'application/json',
        'x-parse-application-id': applicationId,
        'x-parse-master-key': masterKey,
      },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    if (!response.ok) throw new Error(`${method} ${path}: ${JSON.stringify(answer)}`);
    return answer;
  };
}

async function seedRoles(send: Send, ids: Map<string, string>): Promise<void> {
  const acl = { '*': { read: true } };
  const writers = await send('POST', 'roles', {
    name: 'Writers',
    ACL: acl,
    users: relation('_User', [ids.get('alice') ?? '']),
  });
  ids.set('Writers', readText(writers, 'objectId'));
  const editors = await send('POST', 'roles', {
    name: 'Editors',
    ACL: acl,
    roles: relation('_Role', [readText(writers, 'objectId')]),
  });
  ids.set('Editors', readText(editors, 'objectId'));
}

function relation(className: string, objectIds: readonly string[]): object {
  return {
    __op: 'AddRelation',
    objects: objectIds.map((objectId) => ({ __type: 'Pointer', className, objectId })),
  };
}

/** Puts pointers and ids in place of `@key` and `@id:key`; lists of relation columns become AddRelation. */
function resolve(
  value: unknown,
  ids: ReadonlyMap<string, string>,
  classOf: ReadonlyMap<string, string>,
): unknown {
  if (typeof value === 'string' && value.startsWith('@')) {
    const key = value.slice(1);
    return { __type: 'Pointer', className: classOf.get(key), objectId: ids.get(key) };
  }
  if (Array.isArray(value)) return value.map((item) => resolve(item, ids, classOf));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]: [string, unknown]) => {
      const name = key.startsWith('@id:') ? (ids.get(key.slice(4)) ?? key) : key;
      if (key !== 'members') return [name, resolve(item, ids, classOf)];
      return [key, { __op: 'AddRelation', objects: resolve(item, ids, classOf) }];
    }),
  );
}

function readText(answer: Record<string, unknown>, key: string): string {
  const value = answer[key];
  if (typeof value !== 'string') throw new Error(`no ${key} in ${JSON.stringify(answer)}`);
  return value;
}
