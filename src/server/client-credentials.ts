import { NO_CREDENTIALS, type Credentials } from '../access/credentials.ts';
import { isRecord } from './setting-parsers.ts';

/** Where Parse's clients put each credential, in lower case. */
const HEADERS = {
  applicationId: 'x-parse-application-id',
  masterKey: 'x-parse-master-key',
  maintenanceKey: 'x-parse-maintenance-key',
  clientKey: 'x-parse-client-key',
  javascriptKey: 'x-parse-javascript-key',
  restAPIKey: 'x-parse-rest-api-key',
  dotNetKey: 'x-parse-windows-key',
  sessionToken: 'x-parse-session-token',
  installationId: 'x-parse-installation-id',
} as const satisfies Record<keyof Credentials, string>;

/**
 * The credentials of an HTTP request. Without an application id header, Basic authentication is read as Parse Server
 * does: `appId:masterKey` or `appId:javascript-key=key`.
 * @see https://docs.parseplatform.org/rest/guide/#request-format
 */
export function credentialsOfHeaders(headers: Headers): Credentials {
  const given = pick((name) => headers.get(name) ?? undefined);
  if (given.applicationId !== undefined) return given;
  return { ...given, ...basicCredentials(headers.get('authorization') ?? '') };
}

/**
 * The credentials of a WebSocket: its connection parameters, named as the headers in any letter case, and for one operation
 * those in the `headers` of its extensions, which win. Values keep whatever type they came with.
 */
export function credentialsOfParameters(...sources: readonly unknown[]): Credentials {
  const values = new Map<string, unknown>();
  for (const source of sources) {
    if (!isRecord(source)) continue;
    for (const [name, value] of Object.entries(source)) values.set(name.toLowerCase(), value);
  }
  return pick((name) => values.get(name));
}

/** The headers by which a client without a session or a master key says that it belongs to the app. */
export function headersOfClient(
  keys: Readonly<Partial<Record<ClientKey, string | undefined>>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    CLIENT_KEYS.flatMap((name) => {
      const key = keys[name];
      return key === undefined ? [] : [[HEADERS[name], key]];
    }),
  );
}

const CLIENT_KEYS = [
  'applicationId',
  'clientKey',
  'javascriptKey',
  'restAPIKey',
  'dotNetKey',
] as const satisfies readonly (keyof Credentials)[];

type ClientKey = (typeof CLIENT_KEYS)[number];

function pick(valueOf: (header: string) => unknown): Credentials {
  const names = Object.keys(HEADERS) as (keyof Credentials)[];
  const given = names.map((name) => [name, valueOf(HEADERS[name])] as const);
  return { ...NO_CREDENTIALS, ...Object.fromEntries(given) };
}

function basicCredentials(authorization: string): Partial<Credentials> {
  const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization) ?? [];
  if (encoded === undefined) return {};
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 0) return {};
  const applicationId = text.slice(0, colon);
  const secret = text.slice(colon + 1);
  const [, javascriptKey] = /^javascript-key=(.*)$/s.exec(secret) ?? [];
  return javascriptKey === undefined
    ? { applicationId, masterKey: secret }
    : { applicationId, javascriptKey };
}
