import type { Db, Document } from 'mongodb';
import {
  THINGS,
  objectIdOf,
  roleIdOf,
  userIdOf,
  type ParityWorld,
  type Readers,
  type StoredPermissions,
  type Thing,
  type WorldObject,
} from './access-world.ts';

/** A stored document; Parse's ids are strings. */
interface Row extends Document {
  readonly _id: string;
}

const CREATED = new Date('2024-01-02T03:04:05.678Z');
const EXPIRES = new Date('2099-01-01T00:00:00.000Z');

/** Puts the world in place of what the database holds, as Parse Server would have stored it. `prefix` takes the place of `@`. */
export async function writeWorld(database: Db, world: ParityWorld, prefix: string): Promise<void> {
  const collections: Readonly<Record<string, readonly Row[]>> = {
    _User: userRows(world),
    _Session: sessionRows(world),
    _Role: roleRows(world),
    '_Join:users:_Role': joinRows(world.roles, roleIdOf, ({ users }) => users.map(userIdOf)),
    '_Join:roles:_Role': joinRows(world.roles, roleIdOf, ({ roles }) => roles.map(roleIdOf)),
    ...thingCollections(world, 'Alpha'),
    ...thingCollections(world, 'Beta'),
    ...thingCollections(world, 'Gamma'),
  };
  for (const row of schemaRows(world)) {
    await database
      .collection<Row>('_SCHEMA')
      .replaceOne({ _id: row._id }, filled(row, prefix) as Row, { upsert: true });
  }
  for (const [name, rows] of Object.entries(collections)) {
    const collection = database.collection<Row>(name);
    await collection.deleteMany({});
    if (rows.length > 0) await collection.insertMany(rows.map((row) => filled(row, prefix) as Row));
  }
}

/** A copy with the prefix in place of `@` in every text and key. */
function filled(value: unknown, prefix: string): unknown {
  if (typeof value === 'string') return value.replaceAll('@', prefix);
  if (Array.isArray(value)) return value.map((item) => filled(item, prefix));
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key.replaceAll('@', prefix), filled(item, prefix)]),
  );
}

function schemaRows(world: ParityWorld): readonly Row[] {
  const things = THINGS.map((name) => {
    const { nextTarget, linksTarget, permissions } = world.classes[name];
    return schemaRow(name, permissions, {
      title: 'string',
      rank: 'number',
      tags: 'array',
      owner: '*_User',
      editors: 'array',
      next: `*${nextTarget}`,
      links: `relation<${linksTarget}>`,
      fans: 'relation<_User>',
    });
  });
  return [
    ...things,
    schemaRow('_User', world.userPermissions, {
      username: 'string',
      email: 'string',
      emailVerified: 'boolean',
      authData: 'object',
      nick: 'string',
      friend: '*_User',
    }),
    schemaRow('_Session', undefined, {
      user: '*_User',
      installationId: 'string',
      sessionToken: 'string',
      expiresAt: 'date',
      createdWith: 'object',
    }),
    schemaRow('_Role', world.rolePermissions, {
      name: 'string',
      users: 'relation<_User>',
      roles: 'relation<_Role>',
    }),
  ];
}

function schemaRow(
  className: string,
  permissions: StoredPermissions | undefined,
  columns: Readonly<Record<string, string>>,
): Row {
  return {
    _id: className,
    objectId: 'string',
    updatedAt: 'date',
    createdAt: 'date',
    ...columns,
    ...(permissions !== undefined && { _metadata: { class_permissions: permissions } }),
  };
}

/** Times differ from row to row, so that ordering by them means something. */
function baseRow(objectId: string, index: number, readers: Readers): Row {
  const time = new Date(CREATED.getTime() + index * 1000);
  return {
    _id: objectId,
    _created_at: time,
    _updated_at: time,
    ...(readers !== undefined && { _rperm: readers, _wperm: readers }),
  };
}

function userRows({ users }: ParityWorld): readonly Row[] {
  return users.map(({ readers, nick, friend }, index) => ({
    ...baseRow(userIdOf(index), index, readers),
    username: `name${index}`,
    email: `mail${index}`,
    _hashed_password: 'never used',
    nick,
    _p_friend: friend === undefined ? undefined : `_User$${userIdOf(friend)}`,
  }));
}

function sessionRows({ users }: ParityWorld): readonly Row[] {
  return users.map((_, index) => ({
    ...baseRow(`@s${index}`, index, undefined),
    _session_token: `r:${userIdOf(index)}`,
    _p_user: `_User$${userIdOf(index)}`,
    expiresAt: EXPIRES,
    createdWith: { action: 'login', authProvider: 'password' },
  }));
}

function roleRows({ roles }: ParityWorld): readonly Row[] {
  return roles.map(({ readers }, index) => ({
    ...baseRow(roleIdOf(index), index, readers),
    name: `R${index}`,
  }));
}

function joinRows<T>(
  owners: readonly T[],
  idOf: (index: number) => string,
  relatedIds: (owner: T) => readonly string[],
): readonly Row[] {
  return owners.flatMap((owner, index) =>
    relatedIds(owner).map((relatedId, position) => ({
      _id: `@j${index}x${position}`,
      owningId: idOf(index),
      relatedId,
    })),
  );
}

function thingCollections(
  world: ParityWorld,
  name: Thing,
): Readonly<Record<string, readonly Row[]>> {
  const { objects, nextTarget, linksTarget } = world.classes[name];
  const idOf = (index: number) => objectIdOf(name, index);
  return {
    [name]: objects.map((object, index) => thingRow(idOf(index), index, object, nextTarget)),
    [`_Join:links:${name}`]: joinRows(objects, idOf, ({ links }) =>
      links.map((index) => objectIdOf(linksTarget, index)),
    ),
    [`_Join:fans:${name}`]: joinRows(objects, idOf, ({ fans }) => fans.map(userIdOf)),
  };
}

function thingRow(objectId: string, index: number, object: WorldObject, nextTarget: Thing): Row {
  const { readers, title, rank, tags, owner, editors, next } = object;
  return {
    ...baseRow(objectId, index, readers),
    title,
    rank,
    tags,
    editors: editors?.map((user) => ({
      __type: 'Pointer',
      className: '_User',
      objectId: userIdOf(user),
    })),
    _p_owner: owner === undefined ? undefined : `_User$${userIdOf(owner)}`,
    _p_next: next === undefined ? undefined : `${nextTarget}$${objectIdOf(nextTarget, next)}`,
  };
}
