import type { ClassCatalog, ClassSchema } from '../../parse/class-schema.ts';
import { createObjectId } from '../../parse/object-id.ts';
import { SYSTEM_COLUMNS } from '../../parse/system-classes.ts';
import { accountOperations } from '../account-columns.ts';
import type {
  AccountChange,
  AccountSource,
  LockoutRule,
  NewSession,
  StoredAccount,
} from '../account-source.ts';
import type { StoredSession } from '../session-source.ts';
import { decodeAccount } from './account-codec.ts';
import { CASE_INSENSITIVE } from './account-indexes.ts';
import type { StoredFilter } from './filter.ts';
import type { RowCommands } from './row-commands.ts';
import { createSessionClass } from './session-class.ts';
import { decodeSession } from './session-source.ts';
import { assertPathStep, authDataName, storedName } from './system-columns.ts';
import { compileUpdate } from './update.ts';

/** What an account source is made of. */
export interface AccountSourceParts {
  readonly commands: RowCommands;
  /** The newest one. */
  readonly catalog: () => ClassCatalog;
}

const USERS = '_User';
const SESSIONS = '_Session';
const ONLY_ID = { _id: 1 } as const;

/** Reads and writes `_User` and `_Session`. @see AccountSource */
export function createAccountSource({ commands, catalog }: AccountSourceParts): AccountSource {
  const usersOf = () => catalog().classes.get(USERS);
  const ensureSessionClass = createSessionClass(commands, catalog);
  const find = async (filter: StoredFilter, limit: number): Promise<readonly StoredAccount[]> => {
    const projection = withoutOwnColumns(usersOf());
    const rows = await commands.find(USERS, filter, { limit, ...(projection && { projection }) });
    return rows.map(decodeAccount).filter((account) => account !== undefined);
  };
  const findOne = async (filter: StoredFilter) => (await find(filter, 1))[0];
  return {
    findByLogin: (login) =>
      find({ $or: [{ username: { $eq: login } }, { email: { $eq: login } }] }, 3),
    findByEmail: (email) =>
      findOne({
        $or: [{ email: { $eq: email } }, { username: { $eq: email }, email: { $exists: false } }],
      }),
    findById: (userId) => findOne({ _id: { $eq: userId } }),
    findByProviderIds: (ids) =>
      find(
        { $or: ids.map(({ provider, id }) => ({ [`${authDataName(provider)}.id`]: { $eq: id } })) },
        2,
      ),
    findByToken: (kind, token) =>
      findOne({
        [kind === 'verifyEmail' ? '_email_verify_token' : '_perishable_token']: { $eq: token },
      }),
    async isTaken(column, value, exceptUserId) {
      const rows = await commands.find(
        USERS,
        {
          [column]: { $eq: value },
          ...(exceptUserId !== undefined && { _id: { $ne: exceptUserId } }),
        },
        { limit: 1, projection: ONLY_ID, collation: CASE_INSENSITIVE },
      );
      return rows.length > 0;
    },
    countFailedLogin: (userId, rule) => countFailedLogin(commands, userId, rule),
    async forgetFailedLogins(userId, rule) {
      const row = await commands.findOneAndUpdate(USERS, unlocked(userId, rule), {
        update: { $set: { _failed_login_count: 0 } },
        projection: ONLY_ID,
      });
      return row !== undefined;
    },
    change: (change) => changeAccount(commands, usersOf(), change),
    async createSession(session) {
      await ensureSessionClass();
      return createSession(commands, session);
    },
    async deleteSession(token) {
      const row = await commands.findOneAndDelete(
        SESSIONS,
        { _session_token: { $eq: token } },
        undefined,
      );
      return row && decodeSession(row, token);
    },
    deleteSessionsAt: (userId, installationId) =>
      commands.deleteCounted(SESSIONS, {
        _p_user: { $eq: `_User$${userId}` },
        installationId: { $eq: installationId },
      }),
    deleteSessionsOf: (userId, exceptToken) =>
      commands.deleteCounted(SESSIONS, {
        _p_user: { $eq: `_User$${userId}` },
        ...(exceptToken !== undefined && { _session_token: { $ne: exceptToken } }),
      }),
  };
}

/** Everything but the columns that the app itself gave its users: `authData` is under names nobody can list. */
function withoutOwnColumns(
  schema: ClassSchema | undefined,
): Readonly<Record<string, 0>> | undefined {
  if (schema === undefined) return undefined;
  const own = [...schema.fields.values()].filter(
    ({ name, type }) => !Object.hasOwn(SYSTEM_COLUMNS._User, name) && type.kind !== 'Relation',
  );
  if (own.length === 0) return undefined;
  return Object.fromEntries(own.map(({ name }) => [storedName(schema, name), 0] as const));
}

/** The account, unless it is locked now. */
function unlocked(userId: string, { threshold }: LockoutRule): StoredFilter {
  return {
    _id: { $eq: userId },
    $nor: [
      {
        _failed_login_count: { $gte: threshold },
        _account_lockout_expires_at: { $gt: new Date() },
      },
    ],
  };
}

async function countFailedLogin(
  commands: RowCommands,
  userId: string,
  rule: LockoutRule,
): Promise<number | undefined> {
  const row = await commands.findOneAndUpdate(USERS, unlocked(userId, rule), {
    update: { $inc: { _failed_login_count: 1 } },
    projection: { _failed_login_count: 1 },
  });
  if (row === undefined) return undefined;
  const count = Number(row['_failed_login_count']);
  if (count >= rule.threshold) {
    await commands.findOneAndUpdate(
      USERS,
      { _id: { $eq: userId }, _failed_login_count: { $gte: rule.threshold } },
      {
        update: {
          $set: { _account_lockout_expires_at: new Date(Date.now() + rule.duration * 60_000) },
        },
        projection: ONLY_ID,
      },
    );
  }
  return count;
}

async function changeAccount(
  commands: RowCommands,
  schema: ClassSchema | undefined,
  change: AccountChange,
): Promise<boolean> {
  if (schema === undefined) return false;
  const operations = accountOperations(change.columns);
  const { $set, ...others } = compileUpdate({ operations, acl: undefined }, schema, new Date());
  const { _updated_at: now, ...values } = $set ?? {};
  const set = change.isUpdate ? { ...values, _updated_at: now } : values;
  const update = { ...others, ...(Object.keys(set).length > 0 && { $set: set }) };
  if (Object.keys(update).length === 0) return true;
  const row = await commands.findOneAndUpdate(USERS, filterOf(change), {
    update,
    projection: ONLY_ID,
  });
  return row !== undefined;
}

function filterOf(change: AccountChange): StoredFilter {
  const { userId, expected, expectedResetToken, expectedVerifyToken } = change;
  const filter: Record<string, unknown> = { _id: { $eq: userId } };
  for (const [provider, data] of expected ?? []) {
    for (const [name, value] of Object.entries(data)) {
      assertPathStep(name);
      filter[`${authDataName(provider)}.${name}`] = { $eq: value };
    }
  }
  if (expectedResetToken !== undefined) filter['_perishable_token'] = { $eq: expectedResetToken };
  if (expectedVerifyToken !== undefined) {
    filter['_email_verify_token'] = { $eq: expectedVerifyToken };
  }
  return filter;
}

async function createSession(commands: RowCommands, session: NewSession): Promise<StoredSession> {
  const { userId, token, createdWith, installationId, expiresAt } = session;
  const sessionId = createObjectId();
  const now = new Date();
  await commands.insertOne(SESSIONS, {
    _session_token: token,
    _p_user: `_User$${userId}`,
    ...(createdWith !== undefined && { createdWith }),
    ...(expiresAt !== undefined && { expiresAt }),
    ...(installationId !== undefined && { installationId }),
    _id: sessionId,
    _created_at: now,
    _updated_at: now,
  });
  return { sessionId, userId, expiresAt };
}
