import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { SETTINGS, type SettingName } from '../../../src/server/setting-table.ts';
import { SettingsError } from '../../../src/server/settings-error.ts';
import { readSettings, requireDatabase } from '../../../src/server/settings.ts';

const { ParseServerOptions } = createRequire(import.meta.url)(
  'parse-server/lib/Options/Definitions.js',
) as { readonly ParseServerOptions: Readonly<Record<string, { readonly env: string }>> };

describe('settings', () => {
  it('carry Parse Server’s own names, but for those that Parse Server does not have', () => {
    const names = Object.keys(SETTINGS) as SettingName[];
    const ours = names.filter((name) => ParseServerOptions[name]?.env !== SETTINGS[name].env);
    expect(ours).toEqual(['smtpURL', 'mailFrom', 'mailTemplates', 'publicURL', 'dataDir']);
  });

  it('come from flags before the environment, and an empty variable is none', () => {
    const environment = { PORT: '1', PARSE_SERVER_HOST: '', PARSE_SERVER_MAX_LIMIT: '7' };
    const settings = readSettings({ port: '2' }, environment);
    expect(settings).toMatchObject({ port: 2, host: '0.0.0.0', maxLimit: 7, appId: undefined });
  });

  it.each([
    ['PARSE_SERVER_MASTER_KEY_IPS', '10.0.0.0/8, ::1', { masterKeyIps: ['10.0.0.0/8', '::1'] }],
    ['PARSE_SERVER_MASTER_KEY_IPS', '0.0.0.0/0,::0', { masterKeyIps: ['0.0.0.0/0', '::0'] }],
    ['PARSE_SERVER_ALLOW_ORIGIN', '["https://a"]', { allowOrigin: ['https://a'] }],
    ['PARSE_SERVER_TRUST_PROXY', '1', { trustProxy: 1 }],
    ['PARSE_SERVER_TRUST_PROXY', '"10.0.0.1"', { trustProxy: ['10.0.0.1'] }],
    ['PARSE_SERVER_URL', 'https://host/parse/', { serverURL: 'https://host/parse' }],
    [
      'PARSE_SERVER_DATABASE_URI',
      'mongodb://u:p@a:1,b:2/x?replicaSet=r',
      { databaseURI: 'mongodb://u:p@a:1,b:2/x?replicaSet=r' },
    ],
    [
      'PARSE_SERVER_PROTECTED_FIELDS',
      '{"A":{"*":["b"]}}',
      { protectedFields: { A: { '*': ['b'] } } },
    ],
    [
      'PARSE_SERVER_REQUEST_COMPLEXITY',
      '{"graphQLDepth":5,"includeDepth":3}',
      { requestComplexity: { graphQLDepth: 5, graphQLFields: undefined, queryDepth: undefined } },
    ],
  ])('read %s=%s', (env, text, expected) => {
    expect(readSettings({}, { [env]: text })).toMatchObject(expected);
  });

  it.each([
    ['PORT', '65536', 'PORT (--port) is "65536": expected a whole number from 0 to 65535'],
    ['PORT', '1e3', 'PORT (--port) is "1e3": expected a whole number from 0 to 65535'],
    [
      'PARSE_SERVER_MASTER_KEY_IPS',
      '10.0.0.0/33',
      'PARSE_SERVER_MASTER_KEY_IPS (--masterKeyIps) is "10.0.0.0/33": expected IP addresses or CIDR ranges separated by commas',
    ],
    [
      'PARSE_SERVER_GRAPHQL_PATH',
      'graphql',
      'PARSE_SERVER_GRAPHQL_PATH (--graphQLPath) is "graphql": expected a path such as /graphql',
    ],
    [
      'PARSE_SERVER_GRAPHQL_PUBLIC_INTROSPECTION',
      'yes',
      'PARSE_SERVER_GRAPHQL_PUBLIC_INTROSPECTION (--graphQLPublicIntrospection) is "yes": expected true or false',
    ],
    [
      'PARSE_SERVER_COLLECTION_PREFIX',
      'a$b',
      'PARSE_SERVER_COLLECTION_PREFIX (--collectionPrefix) is "a$b": expected at most 64 letters, digits, _ or -',
    ],
    [
      'PARSE_SERVER_REQUEST_COMPLEXITY',
      '{"subqueryDepth":3}',
      'PARSE_SERVER_REQUEST_COMPLEXITY (--requestComplexity) is "{\\"subqueryDepth\\":3}": subqueryDepth is not supported here; expected it to be left out',
    ],
    [
      'PARSE_SERVER_PROTECTED_FIELDS',
      '{"A":["b"]}',
      'PARSE_SERVER_PROTECTED_FIELDS (--protectedFields) is "{\\"A\\":[\\"b\\"]}": expected a JSON object such as {"_User":{"*":["email"]}}',
    ],
    [
      'PARSE_SERVER_LOG_LEVEL',
      'loud',
      'PARSE_SERVER_LOG_LEVEL (--logLevel) is "loud": expected one of error, warn, info, verbose, debug, silly',
    ],
    [
      'PARSE_SERVER_DATABASE_URI',
      'postgres://u:secret@h/d',
      'PARSE_SERVER_DATABASE_URI (--databaseURI) is a value that is not shown: expected a MongoDB URI such as mongodb://host:27017/parse',
    ],
  ])('refuse %s=%s with one line', (env, text, line) => {
    expect(() => readSettings({}, { [env]: text })).toThrow(new SettingsError(line));
  });

  it('name what is missing for a database', () => {
    const settings = readSettings({ databaseURI: 'mongodb://h/d', appId: 'a' }, {});
    expect(() => requireDatabase(settings)).toThrow(
      'PARSE_SERVER_MASTER_KEY (--masterKey) is missing',
    );
  });
});
