import { GatewayError } from '../parse/errors.ts';
import type { ParseDatabase } from '../storage/parse-database.ts';
import { ACCESS_COLLECTIONS } from '../storage/stored-change.ts';
import { addressCheckOf, type AddressCheck } from './address-ranges.ts';
import { sessionFailure, unauthorized } from './authentication-failure.ts';
import type { Credentials } from './credentials.ts';
import type { Principal } from './principal.ts';
import { keyCheckOf, type KeyCheck } from './secret-key.ts';
import { createSessionCache, invalidSession, type SessionCache } from './session-cache.ts';

/** Parse Server's settings of the same names. Keys that are absent or empty are not in use. */
export interface KeySettings {
  readonly applicationId: string;
  readonly masterKey: string;
  readonly masterKeyIps: readonly string[];
  readonly readOnlyMasterKey?: string | undefined;
  readonly readOnlyMasterKeyIps: readonly string[];
  readonly maintenanceKey?: string | undefined;
  readonly maintenanceKeyIps: readonly string[];
  readonly clientKey?: string | undefined;
  readonly javascriptKey?: string | undefined;
  readonly restAPIKey?: string | undefined;
  readonly dotNetKey?: string | undefined;
  /** How long sessions and roles are believed on servers without change streams. Milliseconds. */
  readonly cacheTTL: number;
}

/** A principal that stays true: for whoever serves one caller for longer than a request. */
export interface PrincipalSource {
  /** The last one known. */
  readonly latest: Principal;
  /** The one of now; at once when nothing has changed. @throws GatewayError 209 when the session is over. */
  current(): Principal | Promise<Principal>;
  /** Called once when the session is over. Returns how to stop. */
  onEnd(listener: (error: GatewayError) => void): () => void;
}

/** Turns credentials into principals; one for a process. */
export interface Authenticator {
  /**
   * Who presents these credentials from this address. Cost: none when the session is cached, at most 5 commands when roles are
   * not nested, 2 more for each level of nesting.
   * @throws AuthenticationFailure 403 for a wrong application id, client key, or address of a key; 400 (209) for a session that
   *   is unknown, malformed or expired.
   * @throws GatewayError `ServiceUnavailable` (2) while the database is away.
   */
  authenticate(credentials: Credentials, remoteAddress: string | undefined): Promise<Principal>;
  principalSource(principal: Principal): PrincipalSource;
  /** The user of a session. Cost: as `authenticate`. @throws GatewayError 209 */
  principalOf(token: string, installationId: string | undefined): Promise<Principal>;
  /** To be called around the storing of a new session. @see SessionCache.beginSession */
  readonly beginSession: SessionCache['beginSession'];
  /** To be called after this process has written an object, so that the next request sees the effect. */
  readonly onWritten: (className: string, objectId: string) => void;
  /** Sessions somebody listens to the end of. */
  readonly listenerCount: number;
  close(): void;
}

export interface AuthenticatorOptions {
  readonly database: Pick<ParseDatabase, 'sessions' | 'changes'>;
  readonly settings: KeySettings;
}

/**
 * @throws Error when a setting is no list of addresses.
 * @see https://docs.parseplatform.org/rest/guide/#request-format
 */
export function createAuthenticator({ database, settings }: AuthenticatorOptions): Authenticator {
  const cache = createSessionCache({
    sessions: database.sessions,
    feed: database.changes,
    ttlMs: settings.cacheTTL,
    maxSessions: 10_000,
  });
  const identify = keyholderOf(settings);
  const isApplication = keyCheckOf(settings.applicationId);
  const isClient = clientCheckOf(settings);

  return {
    async authenticate(credentials, remoteAddress) {
      if (!isApplication(credentials.applicationId)) throw unauthorized();
      const keyholder = identify(credentials, remoteAddress);
      if (keyholder !== undefined) return keyholder;
      if (!isClient(credentials)) throw unauthorized();
      const installationId = parseInstallationId(credentials.installationId);
      const token = credentials.sessionToken;
      if (token === undefined || token === '') return { kind: 'anonymous', installationId };
      return asUser(cache, token, installationId);
    },
    principalSource: (principal) => principalSource(cache, principal),
    principalOf: async (token, installationId) => cache.principalOf(token, installationId),
    beginSession: () => cache.beginSession(),
    onWritten(className, objectId) {
      const collection = ACCESS_COLLECTIONS.find((name) => name === className);
      if (collection !== undefined) cache.forget(collection, objectId);
    },
    get listenerCount() {
      return cache.listenerCount;
    },
    close() {
      cache.close();
    },
  };
}

/** Longer than any token Parse makes; a caller cannot make the database look for megabytes. */
const LONGEST_TOKEN = 512;
const LONGEST_INSTALLATION_ID = 512;

async function asUser(
  cache: SessionCache,
  token: unknown,
  installationId: string | undefined,
): Promise<Principal> {
  try {
    // An object here would be an operator in a careless query.
    if (typeof token !== 'string' || token.length > LONGEST_TOKEN) throw invalidSession();
    return await cache.principalOf(token, installationId);
  } catch (error) {
    throw isSessionError(error) ? sessionFailure(error) : error;
  }
}

function isSessionError(error: unknown): error is GatewayError {
  return error instanceof GatewayError && error.code === 'InvalidSessionToken';
}

function principalSource(cache: SessionCache, principal: Principal): PrincipalSource {
  if (principal.kind !== 'user') {
    return { latest: principal, current: () => principal, onEnd: () => () => undefined };
  }
  const { sessionToken, installationId } = principal;
  let latest: Principal = principal;
  return {
    get latest() {
      return latest;
    },
    current() {
      const now = cache.principalOf(sessionToken, installationId);
      if (!(now instanceof Promise)) return (latest = now);
      return now.then((found) => (latest = found));
    },
    onEnd: (listener) => cache.onEnd(sessionToken, listener),
  };
}

/**
 * Who holds one of the server's own keys. `undefined` is nobody: a wrong key is no key, as in Parse; a right key from an address
 * that may not use it is refused.
 */
function keyholderOf(
  settings: KeySettings,
): (credentials: Credentials, address: string | undefined) => Principal | undefined {
  const rows: readonly {
    readonly holds: (credentials: Credentials) => boolean;
    readonly mayUse: AddressCheck;
    readonly principal: Principal;
  }[] = [
    {
      holds: holds(settings.maintenanceKey, 'maintenanceKey'),
      mayUse: addressCheckOf(settings.maintenanceKeyIps),
      principal: { kind: 'maintenance' },
    },
    {
      holds: holds(settings.masterKey, 'masterKey'),
      mayUse: addressCheckOf(settings.masterKeyIps),
      principal: { kind: 'master', isReadOnly: false },
    },
    {
      holds: holds(settings.readOnlyMasterKey, 'masterKey'),
      mayUse: addressCheckOf(settings.readOnlyMasterKeyIps),
      principal: { kind: 'master', isReadOnly: true },
    },
  ];
  return (credentials, address) => {
    const row = rows.find((candidate) => candidate.holds(credentials));
    if (row !== undefined && !row.mayUse(address)) throw unauthorized();
    return row?.principal;
  };
}

function holds(
  key: string | undefined,
  name: 'masterKey' | 'maintenanceKey',
): (credentials: Credentials) => boolean {
  const isKey = keyCheckOf(key);
  return (credentials) => isKey(credentials[name]);
}

const CLIENT_KEYS = ['clientKey', 'javascriptKey', 'restAPIKey', 'dotNetKey'] as const;

/** Once one client key is set, every client must present one that is. */
function clientCheckOf(settings: KeySettings): (credentials: Credentials) => boolean {
  const isConfigured = CLIENT_KEYS.some((name) => (settings[name] ?? '') !== '');
  if (!isConfigured) return () => true;
  const checks: readonly (readonly [(typeof CLIENT_KEYS)[number], KeyCheck])[] = CLIENT_KEYS.map(
    (name) => [name, keyCheckOf(settings[name])],
  );
  return (credentials) => checks.some(([name, isKey]) => isKey(credentials[name]));
}

function parseInstallationId(given: unknown): string | undefined {
  if (given === undefined) return undefined;
  const isUsable = typeof given === 'string' && given.length <= LONGEST_INSTALLATION_ID;
  if (!isUsable) throw unauthorized();
  return given === '' ? undefined : given;
}
