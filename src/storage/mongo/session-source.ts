import type { SessionSource, StoredSession } from '../session-source.ts';
import type { StoredDocument } from './document.ts';
import { joinName, readJoined } from './join-rows.ts';
import type { RowCommands } from './row-commands.ts';

/** Reads `_Session`, `_User`, `_Role` and the role join tables. @see SessionSource */
export function createSessionSource(commands: RowCommands): SessionSource {
  return {
    findSession: (token) => findSession(commands, token),
    hasUser: (userId) => hasUser(commands, userId),
    rolesOf: (userId) => rolesOf(commands, userId),
    rolesOfMember: (roleNames) => rolesOfMember(commands, roleNames),
  };
}

async function findSession(
  commands: RowCommands,
  token: string,
): Promise<StoredSession | undefined> {
  const [row] = await commands.find(
    '_Session',
    { _session_token: { $eq: token } },
    { limit: 1, projection: { _session_token: 1, _p_user: 1, expiresAt: 1 } },
  );
  const session = row && decodeSession(row, token);
  if (session === undefined) return undefined;
  return (await hasUser(commands, session.userId)) ? session : undefined;
}

async function hasUser(commands: RowCommands, userId: string): Promise<boolean> {
  const [user] = await commands.find(
    '_User',
    { _id: { $eq: userId } },
    { limit: 1, projection: { _id: 1 } },
  );
  return user?.['_id'] === userId;
}

const USER_POINTER = /^_User\$(.+)$/s;

/**
 * `{_id: 's1', _p_user: '_User$u1', expiresAt: D}` → `{sessionId: 's1', userId: 'u1', expiresAt: D}`. A row that Parse could not
 * have written is no session, above all one whose user would be taken for a role or for everybody.
 */
export function decodeSession(row: StoredDocument, token: string): StoredSession | undefined {
  const { _id: sessionId, _session_token: storedToken, _p_user: user, expiresAt } = row;
  const userId = typeof user === 'string' ? USER_POINTER.exec(user)?.[1] : undefined;
  if (typeof sessionId !== 'string' || storedToken !== token || userId === undefined) {
    return undefined;
  }
  if (userId === '*' || userId.startsWith('role:')) return undefined;
  if (expiresAt === undefined || expiresAt === null) {
    return { sessionId, userId, expiresAt: undefined };
  }
  const isDate = expiresAt instanceof Date && !Number.isNaN(expiresAt.getTime());
  return isDate ? { sessionId, userId, expiresAt } : undefined;
}

async function rolesOf(commands: RowCommands, userId: string): Promise<readonly string[]> {
  const ids = await readJoined(commands, joinName('_Role', 'users'), {
    end: 'relatedId',
    ids: [userId],
  });
  return namesUpwards(commands, ids);
}

async function rolesOfMember(
  commands: RowCommands,
  roleNames: readonly string[],
): Promise<readonly string[]> {
  const rows = await commands.find(
    '_Role',
    { name: { $in: [...roleNames] } },
    { projection: { _id: 1 } },
  );
  return namesUpwards(commands, idsOf(rows));
}

/** Level by level, from the roles of these ids to those they are children of; a role that no longer exists leads nowhere. */
async function namesUpwards(
  commands: RowCommands,
  firstIds: readonly string[],
): Promise<readonly string[]> {
  const names = new Set<string>();
  const seen = new Set<string>();
  let level = firstIds;
  while (level.length > 0) {
    for (const id of level) seen.add(id);
    const rows = await commands.find(
      '_Role',
      { _id: { $in: [...level] } },
      { projection: { _id: 1, name: 1 } },
    );
    for (const { name } of rows) if (typeof name === 'string') names.add(name);
    const parents = await readJoined(commands, joinName('_Role', 'roles'), {
      end: 'relatedId',
      ids: idsOf(rows),
    });
    level = parents.filter((id) => !seen.has(id));
  }
  return [...names].sort();
}

const idsOf = (rows: readonly StoredDocument[]): readonly string[] =>
  rows.map((row) => row['_id']).filter((id) => typeof id === 'string');
