import type { FieldType } from './field-type.ts';
import { SYSTEM_CLASSES, type SystemClass } from './names.ts';

type Columns = Readonly<Record<string, FieldType>>;

const STRING: FieldType = { kind: 'String' };
const NUMBER: FieldType = { kind: 'Number' };
const BOOLEAN: FieldType = { kind: 'Boolean' };
const DATE: FieldType = { kind: 'Date' };
const OBJECT: FieldType = { kind: 'Object' };
const ARRAY: FieldType = { kind: 'Array' };
const FILE: FieldType = { kind: 'File' };

/**
 * The columns each system class has besides the base ones, whatever its stored row says.
 *
 * `_User.password` is missing on purpose: it is never stored under that name and never read.
 * @see https://docs.parseplatform.org/rest/guide/#objects
 */
export const SYSTEM_COLUMNS: Readonly<Record<SystemClass, Columns>> = {
  _User: { username: STRING, email: STRING, emailVerified: BOOLEAN, authData: OBJECT },
  _Installation: {
    installationId: STRING,
    deviceToken: STRING,
    channels: ARRAY,
    deviceType: STRING,
    pushType: STRING,
    GCMSenderId: STRING,
    timeZone: STRING,
    localeIdentifier: STRING,
    appVersion: STRING,
    appName: STRING,
    appIdentifier: STRING,
    parseVersion: STRING,
    badge: NUMBER,
  },
  _Role: {
    name: STRING,
    users: { kind: 'Relation', targetClass: '_User' },
    roles: { kind: 'Relation', targetClass: '_Role' },
  },
  _Session: {
    user: { kind: 'Pointer', targetClass: '_User' },
    installationId: STRING,
    sessionToken: STRING,
    expiresAt: DATE,
    createdWith: OBJECT,
  },
  _Product: {
    productIdentifier: STRING,
    download: FILE,
    downloadName: STRING,
    icon: FILE,
    order: NUMBER,
    title: STRING,
    subtitle: STRING,
  },
  _PushStatus: {
    pushTime: STRING,
    source: STRING,
    query: STRING,
    payload: STRING,
    title: STRING,
    expiry: NUMBER,
    expiration_interval: NUMBER,
    status: STRING,
    numSent: NUMBER,
    numFailed: NUMBER,
    pushHash: STRING,
    errorMessage: OBJECT,
    sentPerType: OBJECT,
    failedPerType: OBJECT,
    sentPerUTCOffset: OBJECT,
    failedPerUTCOffset: OBJECT,
    count: NUMBER,
  },
  _JobStatus: {
    jobName: STRING,
    source: STRING,
    status: STRING,
    message: STRING,
    params: OBJECT,
    finishedAt: DATE,
  },
  _JobSchedule: {
    jobName: STRING,
    description: STRING,
    params: STRING,
    startAfter: STRING,
    daysOfWeek: ARRAY,
    timeOfDay: STRING,
    lastRun: NUMBER,
    repeatMinutes: NUMBER,
  },
  _Audience: { name: STRING, query: STRING, lastUsed: DATE, timesUsed: NUMBER },
  _Idempotency: { reqId: STRING, expire: DATE },
  _Hooks: { functionName: STRING, className: STRING, triggerName: STRING, url: STRING },
  _GlobalConfig: { params: OBJECT, masterKeyOnly: OBJECT },
  _GraphQLConfig: { config: OBJECT },
};

/** The system classes that Parse keeps without a schema row; they are never part of a catalog. */
export const VOLATILE_CLASSES = [
  '_Hooks',
  '_GlobalConfig',
  '_GraphQLConfig',
  '_JobStatus',
  '_JobSchedule',
  '_PushStatus',
  '_Audience',
  '_Idempotency',
] as const satisfies readonly SystemClass[];

/** True for a class whose name Parse keeps for itself. */
export function isSystemClass(className: string): className is SystemClass {
  return (SYSTEM_CLASSES as readonly string[]).includes(className);
}

/** True for a system class that has no schema row. */
export function isVolatileClass(className: string): boolean {
  return (VOLATILE_CLASSES as readonly string[]).includes(className);
}

/** Default columns of a class; none for a class of the application. */
export function defaultColumns(className: string): Columns {
  return isSystemClass(className) ? SYSTEM_COLUMNS[className] : {};
}
