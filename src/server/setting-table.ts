import { DEFAULT_FILE_ACCESS } from '../access/file-rules.ts';
import { checkProtectedFields, checkRequestComplexity } from './access-setting-parsers.ts';
import { checkLockout, checkPasswordPolicy, checkProviders } from './account-setting-parsers.ts';
import { DEFAULT_FILE_UPLOAD, parseFileDownload, parseFileUpload } from './file-setting-parsers.ts';
import { checkIdempotency, NO_IDEMPOTENCY } from './idempotency-options.ts';
import { parseKeywordDenylist } from './keyword-denylist.ts';
import {
  parseAddresses,
  parseChoice,
  parseCollectionPrefix,
  parseDatabaseUri,
  parseFlag,
  parseHttpUrl,
  parseList,
  parseObject,
  parsePath,
  parseSmtpUrl,
  parseSize,
  parseText,
  parseWhole,
  type SettingParser,
} from './setting-parsers.ts';
import { parseTrustProxy } from './trust-proxy.ts';

/** How talkative the log is, in Parse Server's words. */
export const LOG_LEVELS = ['error', 'warn', 'info', 'verbose', 'debug', 'silly'] as const;

/** One row of the table. */
export interface Setting<T> {
  /** The environment variable. */
  readonly env: string;
  readonly parse: SettingParser<T>;
  readonly help: string;
  /** A key or a URI with a password: its value is never printed. */
  readonly isSecret?: true;
}

const LOCAL_ADDRESSES = ['127.0.0.1', '::1'];
const ANY_ADDRESS = ['0.0.0.0/0', '::0'];

/**
 * Every setting: its flag is the key (`--appId`), its variable `env`. Names are those of Parse Server wherever it has
 * the setting.
 * @see https://parseplatform.org/parse-server/api/master/ParseServerOptions.html
 */
export const SETTINGS = {
  databaseURI: {
    env: 'PARSE_SERVER_DATABASE_URI',
    parse: parseDatabaseUri,
    help: 'The database Parse Server uses. Without it, a demo database is made and served.',
    isSecret: true,
  },
  appId: {
    env: 'PARSE_SERVER_APPLICATION_ID',
    parse: parseText,
    help: 'The application id that every request carries.',
  },
  masterKey: {
    env: 'PARSE_SERVER_MASTER_KEY',
    parse: parseText,
    help: 'The key that bypasses all access rules.',
    isSecret: true,
  },
  masterKeyIps: {
    env: 'PARSE_SERVER_MASTER_KEY_IPS',
    parse: parseAddresses,
    help: `Addresses and ranges that may use the master key (default ${LOCAL_ADDRESSES.join(', ')}).`,
  },
  readOnlyMasterKey: {
    env: 'PARSE_SERVER_READ_ONLY_MASTER_KEY',
    parse: parseText,
    help: 'A key that reads everything and writes nothing.',
    isSecret: true,
  },
  readOnlyMasterKeyIps: {
    env: 'PARSE_SERVER_READ_ONLY_MASTER_KEY_IPS',
    parse: parseAddresses,
    help: 'Addresses and ranges that may use the read-only master key (default: any).',
  },
  maintenanceKey: {
    env: 'PARSE_SERVER_MAINTENANCE_KEY',
    parse: parseText,
    help: 'A key that bypasses object and class rules but is not the master key.',
    isSecret: true,
  },
  maintenanceKeyIps: {
    env: 'PARSE_SERVER_MAINTENANCE_KEY_IPS',
    parse: parseAddresses,
    help: `Addresses and ranges that may use the maintenance key (default ${LOCAL_ADDRESSES.join(', ')}).`,
  },
  clientKey: {
    env: 'PARSE_SERVER_CLIENT_KEY',
    parse: parseText,
    help: 'Once any of the four client keys is set, every request must carry one of them.',
    isSecret: true,
  },
  javascriptKey: {
    env: 'PARSE_SERVER_JAVASCRIPT_KEY',
    parse: parseText,
    help: 'As clientKey, for JavaScript clients.',
    isSecret: true,
  },
  restAPIKey: {
    env: 'PARSE_SERVER_REST_API_KEY',
    parse: parseText,
    help: 'As clientKey, for REST clients.',
    isSecret: true,
  },
  dotNetKey: {
    env: 'PARSE_SERVER_DOT_NET_KEY',
    parse: parseText,
    help: 'As clientKey, for .NET clients.',
    isSecret: true,
  },
  collectionPrefix: {
    env: 'PARSE_SERVER_COLLECTION_PREFIX',
    parse: parseCollectionPrefix,
    help: "What the names of the database's collections start with.",
  },
  graphQLPath: {
    env: 'PARSE_SERVER_GRAPHQL_PATH',
    parse: parsePath,
    help: 'Where the API and GraphiQL are served (default /graphql).',
  },
  graphQLPublicIntrospection: {
    env: 'PARSE_SERVER_GRAPHQL_PUBLIC_INTROSPECTION',
    parse: parseFlag,
    help: 'Whether clients without the master key may read the schema (default false; the demo: true).',
  },
  defaultLimit: {
    env: 'PARSE_SERVER_DEFAULT_LIMIT',
    parse: parseWhole(1, 1_000_000),
    help: 'Rows of a page that asks for no number (default 100).',
  },
  maxLimit: {
    env: 'PARSE_SERVER_MAX_LIMIT',
    parse: parseWhole(1, 1_000_000),
    help: 'Rows that a page may have at most (default: no limit).',
  },
  requestComplexity: {
    env: 'PARSE_SERVER_REQUEST_COMPLEXITY',
    parse: parseObject(
      'a JSON object of graphQLDepth, graphQLFields and queryDepth, each a whole number or -1',
      checkRequestComplexity,
    ),
    help: 'Caps on depth and fields of an operation, as JSON, for callers without the master key.',
  },
  protectedFields: {
    env: 'PARSE_SERVER_PROTECTED_FIELDS',
    parse: parseObject('a JSON object such as {"_User":{"*":["email"]}}', checkProtectedFields),
    help: 'Columns hidden from groups of users, added to what the classes say.',
  },
  protectedFieldsOwnerExempt: {
    env: 'PARSE_SERVER_PROTECTED_FIELDS_OWNER_EXEMPT',
    parse: parseFlag,
    help: 'Whether users see all columns of their own user object (default true).',
  },
  enforcePrivateUsers: {
    env: 'PARSE_SERVER_ENFORCE_PRIVATE_USERS',
    parse: parseFlag,
    help: 'Whether new users can be read by themselves only (default true).',
  },
  requestKeywordDenylist: {
    env: 'PARSE_SERVER_REQUEST_KEYWORD_DENYLIST',
    parse: parseKeywordDenylist,
    help: 'Keys and values that no write may carry, as JSON; prototype keys and _bsontype never may.',
  },
  sessionLength: {
    env: 'PARSE_SERVER_SESSION_LENGTH',
    parse: parseWhole(1, 3_153_600_000),
    help: 'Seconds after which a session ends (default 31536000, a year).',
  },
  expireInactiveSessions: {
    env: 'PARSE_SERVER_EXPIRE_INACTIVE_SESSIONS',
    parse: parseFlag,
    help: 'Whether sessions end at all (default true).',
  },
  revokeSessionOnPasswordReset: {
    env: 'PARSE_SERVER_REVOKE_SESSION_ON_PASSWORD_RESET',
    parse: parseFlag,
    help: "Whether a new password ends the user's sessions (default true).",
  },
  passwordPolicy: {
    env: 'PARSE_SERVER_PASSWORD_POLICY',
    parse: parseObject('a JSON object such as {"doNotAllowUsername":true}', checkPasswordPolicy),
    help: 'What passwords must be, how long they last, and how their reset works, as JSON.',
  },
  accountLockout: {
    env: 'PARSE_SERVER_ACCOUNT_LOCKOUT',
    parse: parseObject('a JSON object such as {"threshold":5,"duration":10}', checkLockout),
    help: 'After how many failed log-ins an account is locked, and for how many minutes, as JSON.',
  },
  auth: {
    env: 'PARSE_SERVER_AUTH_PROVIDERS',
    parse: parseObject('a JSON object such as {"mfa":{"options":["TOTP"]}}', checkProviders),
    help: 'Ways to log in besides passwords, as JSON: see Accounts.',
    isSecret: true,
  },
  enableAnonymousUsers: {
    env: 'PARSE_SERVER_ENABLE_ANON_USERS',
    parse: parseFlag,
    help: 'Whether there are users without a name (default true).',
  },
  convertUsernameToLowercase: {
    env: 'PARSE_SERVER_CONVERT_USERNAME_TO_LOWERCASE',
    parse: parseFlag,
    help: 'Whether user names are stored in lower case (default false).',
  },
  convertEmailToLowercase: {
    env: 'PARSE_SERVER_CONVERT_EMAIL_TO_LOWERCASE',
    parse: parseFlag,
    help: 'Whether e-mail addresses are stored in lower case (default false).',
  },
  verifyUserEmails: {
    env: 'PARSE_SERVER_VERIFY_USER_EMAILS',
    parse: parseFlag,
    help: 'Whether users are mailed a link to verify their address (default false).',
  },
  preventLoginWithUnverifiedEmail: {
    env: 'PARSE_SERVER_PREVENT_LOGIN_WITH_UNVERIFIED_EMAIL',
    parse: parseFlag,
    help: 'Whether users must verify their address before they log in (default false).',
  },
  preventSignupWithUnverifiedEmail: {
    env: 'PARSE_SERVER_PREVENT_SIGNUP_WITH_UNVERIFIED_EMAIL',
    parse: parseFlag,
    help: 'As preventLoginWithUnverifiedEmail, which must be on, too; it says no more here (default false).',
  },
  emailVerifyTokenValidityDuration: {
    env: 'PARSE_SERVER_EMAIL_VERIFY_TOKEN_VALIDITY_DURATION',
    parse: parseWhole(1, 3_153_600_000),
    help: 'Seconds for which the link of a verification mail works (default: for ever).',
  },
  emailVerifyTokenReuseIfValid: {
    env: 'PARSE_SERVER_EMAIL_VERIFY_TOKEN_REUSE_IF_VALID',
    parse: parseFlag,
    help: 'Whether a repeated verification mail carries the same link while that works (default false).',
  },
  emailVerifySuccessOnInvalidEmail: {
    env: 'PARSE_SERVER_EMAIL_VERIFY_SUCCESS_ON_INVALID_EMAIL',
    parse: parseFlag,
    help: 'Whether asking for a verification mail succeeds for any address (default true).',
  },
  idempotencyOptions: {
    env: 'PARSE_SERVER_EXPERIMENTAL_IDEMPOTENCY_OPTIONS',
    parse: parseObject(
      'a JSON object such as {"paths":["graphql/create.*"],"ttl":300}',
      checkIdempotency,
    ),
    help: 'Which mutations run at most once for one X-Parse-Request-Id, as JSON (default: none).',
  },
  cacheTTL: {
    env: 'PARSE_SERVER_CACHE_TTL',
    parse: parseWhole(0, 86_400_000),
    help: 'How long a session and its roles are trusted without asking the database, in ms (default 5000).',
  },
  allowHeaders: {
    env: 'PARSE_SERVER_ALLOW_HEADERS',
    parse: parseList,
    help: 'Headers that browsers may send besides those of Parse.',
  },
  allowOrigin: {
    env: 'PARSE_SERVER_ALLOW_ORIGIN',
    parse: parseList,
    help: 'Origins whose pages may use the API (default *).',
  },
  trustProxy: {
    env: 'PARSE_SERVER_TRUST_PROXY',
    parse: parseTrustProxy,
    help: 'Proxies that may say who the client is: true, a number, or addresses (default: none).',
  },
  serverURL: {
    env: 'PARSE_SERVER_URL',
    parse: parseHttpUrl,
    help: 'Address of the Parse Server beside this gateway; addresses of files begin with it.',
  },
  appName: {
    env: 'PARSE_SERVER_APP_NAME',
    parse: parseText,
    help: 'What mails and their pages call the app (default: the application id).',
  },
  smtpURL: {
    env: 'GATEWAY_SMTP_URL',
    parse: parseSmtpUrl,
    help: 'Mail server for verification and password reset: smtp://user:password@host:587 or smtps://….',
    isSecret: true,
  },
  mailFrom: {
    env: 'GATEWAY_MAIL_FROM',
    parse: parseText,
    help: 'Who mails are from: App <no-reply@example.com>. Needed with smtpURL.',
  },
  mailTemplates: {
    env: 'GATEWAY_MAIL_TEMPLATES',
    parse: parseText,
    help: 'Folder of templates that take the place of our own mails.',
  },
  publicURL: {
    env: 'GATEWAY_PUBLIC_URL',
    parse: parseHttpUrl,
    help: 'Address of this gateway as browsers reach it, for the links in mails. Needed with smtpURL.',
  },
  publicServerURL: {
    env: 'PARSE_PUBLIC_SERVER_URL',
    parse: parseHttpUrl,
    help: 'As serverURL, as clients reach it; without both, files are served from here.',
  },
  maxUploadSize: {
    env: 'PARSE_SERVER_MAX_UPLOAD_SIZE',
    parse: parseSize,
    help: 'How large a file may be (default 20mb).',
  },
  fileUpload: {
    env: 'PARSE_SERVER_FILE_UPLOAD_OPTIONS',
    parse: parseFileUpload,
    help: 'Who may upload and which extensions, as JSON (default: users that are not anonymous, no web pages).',
  },
  fileDownload: {
    env: 'PARSE_SERVER_FILE_DOWNLOAD_OPTIONS',
    parse: parseFileDownload,
    help: 'Who may download, as JSON (default: everybody).',
  },
  preserveFileName: {
    env: 'PARSE_SERVER_PRESERVE_FILE_NAME',
    parse: parseFlag,
    help: 'Whether files keep the name they are given instead of getting a unique one (default false).',
  },
  fileKey: {
    env: 'PARSE_SERVER_FILE_KEY',
    parse: parseText,
    help: 'The key that files are encrypted with, as for Parse Server (default: none, not encrypted).',
    isSecret: true,
  },
  host: {
    env: 'PARSE_SERVER_HOST',
    parse: parseText,
    help: 'Address to listen on (default 0.0.0.0).',
  },
  port: {
    env: 'PORT',
    parse: parseWhole(0, 65_535),
    help: 'Port to listen on (default 4000; 0 takes a free one).',
  },
  dataDir: {
    env: 'GATEWAY_DATA_DIR',
    parse: parseText,
    help: "Folder of the demo's database and master key (default .data).",
  },
  logLevel: {
    env: 'PARSE_SERVER_LOG_LEVEL',
    parse: parseChoice(LOG_LEVELS),
    help: `How much is logged: ${LOG_LEVELS.join(', ')} (default info).`,
  },
  silent: {
    env: 'SILENT',
    parse: parseFlag,
    help: 'Log nothing (default false).',
  },
} as const satisfies Record<string, Setting<unknown>>;

/** The key of a setting, which is its flag. */
export type SettingName = keyof typeof SETTINGS;

/** What was given, each by its own parser. */
export type Given = {
  readonly [N in SettingName]: ReturnType<(typeof SETTINGS)[N]['parse']> | undefined;
};

/** What is used where nobody says otherwise; settings that are not here are absent then. */
export const DEFAULTS = {
  masterKeyIps: LOCAL_ADDRESSES,
  readOnlyMasterKeyIps: ANY_ADDRESS,
  maintenanceKeyIps: LOCAL_ADDRESSES,
  collectionPrefix: '',
  graphQLPath: '/graphql',
  defaultLimit: 100,
  protectedFields: { _User: { '*': ['email'] } },
  protectedFieldsOwnerExempt: true,
  enforcePrivateUsers: true,
  requestKeywordDenylist: [],
  sessionLength: 31_536_000,
  expireInactiveSessions: true,
  revokeSessionOnPasswordReset: true,
  enableAnonymousUsers: true,
  convertUsernameToLowercase: false,
  convertEmailToLowercase: false,
  verifyUserEmails: false,
  preventLoginWithUnverifiedEmail: false,
  preventSignupWithUnverifiedEmail: false,
  emailVerifyTokenReuseIfValid: false,
  emailVerifySuccessOnInvalidEmail: true,
  idempotencyOptions: NO_IDEMPOTENCY,
  cacheTTL: 5_000,
  allowHeaders: [],
  allowOrigin: ['*'],
  trustProxy: false,
  maxUploadSize: 20 * 1024 ** 2,
  fileUpload: DEFAULT_FILE_UPLOAD,
  fileDownload: DEFAULT_FILE_ACCESS.download,
  preserveFileName: false,
  host: '0.0.0.0',
  port: 4000,
  dataDir: '.data',
  logLevel: 'info',
  silent: false,
} as const satisfies Partial<Given>;
