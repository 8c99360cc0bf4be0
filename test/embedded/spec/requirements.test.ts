import { Double, Long } from 'mongodb';
import { describe, expect, test } from 'vitest';
import { withUriOptions } from './create-entities.ts';
import { unmetRequirement, type ServerFacts } from './requirements.ts';
import { skipReason } from './run-test.ts';
import { parseSpecFile, type RunOnRequirement } from './spec-file.ts';

const server: ServerFacts = {
  version: [7, 0, 10],
  topology: 'replicaset',
  hasAuthentication: false,
  parameters: { enableTestCommands: 1 },
};

const MET: readonly RunOnRequirement[] = [
  {},
  { minServerVersion: '7.0.9' },
  { minServerVersion: '7', maxServerVersion: '7.0.10' },
  { topologies: ['single', 'replicaset'] },
  { serverless: 'forbid' },
  { auth: false },
  { csfle: false },
  { serverParameters: { enableTestCommands: 1 } },
];

const UNMET: readonly (readonly [RunOnRequirement, string])[] = [
  [{ minServerVersion: '7.1' }, 'needs server 7.1, this is 7.0.10'],
  [{ maxServerVersion: '7.0.9' }, 'is for servers up to 7.0.9, this is 7.0.10'],
  [{ topologies: ['sharded'] }, 'needs topology sharded, this is replicaset'],
  [{ serverless: 'require' }, 'serverless'],
  [{ auth: true }, 'needs authentication'],
  [{ authMechanism: 'MONGODB-X509' }, 'MONGODB-X509'],
  [{ csfle: true }, 'client-side encryption'],
  [{ serverParameters: { enableTestCommands: 0 } }, 'enableTestCommands'],
  [{ serverParameters: { unheardOf: 1 } }, 'unheardOf'],
];

describe('runOnRequirements', () => {
  test.each(MET)('%o holds', (requirement) => {
    expect(unmetRequirement([requirement], server)).toBeUndefined();
  });

  test.each(UNMET)('%o does not hold', (requirement, reason) => {
    expect(unmetRequirement([requirement], server)).toContain(reason);
  });

  test('one of several is enough', () => {
    const requirements = [{ minServerVersion: '8.0' }, { topologies: ['replicaset'] }];
    expect(unmetRequirement(requirements, server)).toBeUndefined();
  });

  test('no requirement is met by every server', () => {
    expect(unmetRequirement([], server)).toBeUndefined();
  });
});

describe('a test file', () => {
  const text = (schemaVersion: string): string =>
    `{"description":"f","schemaVersion":"${schemaVersion}","tests":[{"description":"t","operations":[],` +
    `"outcome":[{"databaseName":"d","collectionName":"c","documents":[{"i":1,"l":{"$numberLong":"1"},` +
    `"d":{"$numberDouble":"1.0"},"f":1.5}]}]}]}`;

  test('keeps the number types it asks for', () => {
    const [file] = parseSpecFile('f.json', text('1.0'));
    const [document] = file!.tests[0]!.outcome![0]!.documents;
    expect(document!['i']).toBe(1);
    expect(document!['l']).toBeInstanceOf(Long);
    expect(document!['d']).toBeInstanceOf(Double);
    expect(document!['f']).toBe(1.5);
  });

  test('of another format is left out', () => {
    expect(parseSpecFile('f.json', '{"tests":[]}')).toEqual([]);
  });

  test.each(['1.99', '2.0'])('of version %s is skipped with the reason', (version) => {
    const [file] = parseSpecFile('f.json', text(version));
    expect(skipReason(file!, file!.tests[0]!, server)).toContain(`needs version ${version}`);
  });
});

describe('uriOptions', () => {
  test('replace those of the connection string', () => {
    expect(withUriOptions('mongodb://h:1/?retryWrites=true&w=1', { retryWrites: false })).toBe(
      'mongodb://h:1/?w=1&retryWrites=false',
    );
  });

  test('directConnection removes the set name', () => {
    expect(withUriOptions('mongodb://h:1/?replicaSet=rs', { directConnection: true })).toBe(
      'mongodb://h:1/?directConnection=true',
    );
  });

  test('lists and documents are spelt out', () => {
    const options = {
      readPreferenceTags: ['a:1', ''],
      authMechanismProperties: { A: 'b', C: 'd' },
    };
    expect(withUriOptions('mongodb://h:1', options)).toBe(
      'mongodb://h:1/?readPreferenceTags=a%3A1&readPreferenceTags=&authMechanismProperties=A%3Ab%2CC%3Ad',
    );
  });
});
