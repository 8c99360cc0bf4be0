import type { EventEmitter } from 'node:events';
import {
  MongoBulkWriteError,
  MongoClient,
  MongoNetworkError,
  MongoRuntimeError,
  MongoServerError,
  type BulkWriteResult,
} from 'mongodb';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EntityMap } from './entities.ts';
import { EventLog } from './events.ts';
import { assertError } from './expected-error.ts';
import { resultDocument } from './result-document.ts';
import type { ExpectedError } from './spec-file.ts';
import { Tally } from './tally.ts';
import { Thread } from './thread.ts';

const entities = new EntityMap();

const duplicate = new MongoServerError({
  message: 'E11000 duplicate key error',
  code: 11000,
  codeName: 'DuplicateKey',
  keyPattern: { x: 1 },
  errorLabels: ['RetryableWriteError'],
});

describe('an expected error', () => {
  const holds: readonly (readonly [string, ExpectedError, Error])[] = [
    ['a code', { errorCode: 11000 }, duplicate],
    ['a code name in any case', { errorCodeName: 'duplicatekey' }, duplicate],
    ['a part of the message in any case', { errorContains: 'DUPLICATE KEY' }, duplicate],
    ['a label', { errorLabelsContain: ['RetryableWriteError'] }, duplicate],
    ['the lack of a label', { errorLabelsOmit: ['TransientTransactionError'] }, duplicate],
    ['the server as origin', { isClientError: false }, duplicate],
    ['the driver as origin', { isClientError: true }, new MongoRuntimeError('x')],
    ['a lost connection as client error', { isClientError: true }, new MongoNetworkError('x')],
    ['a part of the response', { errorResponse: { keyPattern: { x: 1 } } }, duplicate],
  ];
  test.each(holds)('is told by %s', (_claim, expected, error) => {
    expect(() => {
      assertError(expected, error, entities);
    }).not.toThrow();
  });

  const differs: readonly (readonly [string, ExpectedError, unknown])[] = [
    ['no error at all', { isError: true }, undefined],
    ['another code', { errorCode: 1 }, duplicate],
    ['another code name', { errorCodeName: 'BadValue' }, duplicate],
    ['another message', { errorContains: 'validation' }, duplicate],
    ['a missing label', { errorLabelsContain: ['TransientTransactionError'] }, duplicate],
    ['an unwanted label', { errorLabelsOmit: ['RetryableWriteError'] }, duplicate],
    ['the other origin', { isClientError: true }, duplicate],
    ['another response', { errorResponse: { keyPattern: { y: 1 } } }, duplicate],
    ['a result where there is none', { expectResult: { insertedCount: 1 } }, duplicate],
  ];
  test.each(differs)('is not met by %s', (_claim, expected, error) => {
    expect(() => {
      assertError(expected, error, entities);
    }).toThrow();
  });

  test('of a bulk write is looked for in its gathered errors, with its partial result', () => {
    const result = { insertedCount: 2, getWriteConcernError: () => undefined };
    const error = new MongoBulkWriteError(
      { message: 'first', code: 11000 },
      result as Partial<BulkWriteResult> as BulkWriteResult,
    );
    expect(() => {
      assertError({ errorCodeName: 'DuplicateKey', errorCode: 11000 }, error, entities);
    }).not.toThrow();
  });
});

describe('a result', () => {
  test('with maps becomes documents, without what is null', () => {
    const updateResults = new Map([[2, { matchedCount: 1, acknowledged: true, upsertedId: null }]]);
    expect(resultDocument({ acknowledged: true, updateResults })).toEqual({
      acknowledged: true,
      updateResults: { 2: { matchedCount: 1, acknowledged: true } },
    });
  });

  test('that is a stored document is left alone', () => {
    const document = { _id: 1, x: null };
    expect(resultDocument(document)).toBe(document);
  });
});

describe('observed events', () => {
  let client: MongoClient;
  let log: EventLog;

  beforeEach(() => {
    client = new MongoClient('mongodb://localhost:1');
    log = new EventLog(client, {
      observeEvents: ['commandStartedEvent'],
      ignoreCommandMonitoringEvents: ['killCursors'],
      observeSensitiveCommands: false,
    });
  });

  afterEach(async () => {
    log.stop();
    await client.close();
  });

  const publish = (commandName: string, command: object): void => {
    const emitter: EventEmitter = client;
    emitter.emit('commandStarted', { commandName, databaseName: 'd', command });
  };

  test('leave out ignored, redacted and internal commands', () => {
    publish('find', { find: 'c' });
    publish('killCursors', { killCursors: 'c' });
    publish('configureFailPoint', { configureFailPoint: 'x' });
    publish('saslStart', {});
    publish('hello', {});
    publish('hello', { hello: 1 });
    expect(log.observed.map(({ event }) => Reflect.get(event, 'commandName') as unknown)).toEqual([
      'find',
      'hello',
    ]);
  });

  test('are counted by what is expected of them', () => {
    publish('find', { find: 'c', limit: 1 });
    publish('find', { find: 'c' });
    const expected = { commandStartedEvent: { command: { limit: { $$exists: true } } } };
    expect(log.count(expected, entities)).toBe(1);
    expect(log.count({ commandStartedEvent: { commandName: 'find' } }, entities)).toBe(2);
    expect(log.count({ commandFailedEvent: {} }, entities)).toBe(0);
  });

  test('are waited for, and missed when they do not come', async () => {
    const expected = { commandStartedEvent: { commandName: 'ping' } };
    const waiting = log.waitFor(expected, 1, entities);
    publish('ping', { ping: 1 });
    await waiting;
    await expect(log.waitFor(expected, 2, entities, 5)).rejects.toThrow('saw 1');
  });

  test('that the runner cannot observe are refused', () => {
    expect(() => {
      new EventLog(client, {
        observeEvents: ['commandVanishedEvent'],
        ignoreCommandMonitoringEvents: [],
        observeSensitiveCommands: false,
      });
    }).toThrow('commandVanishedEvent');
  });
});

describe('entities', () => {
  test('have unique names and the type that is asked for', () => {
    const map = new EntityMap();
    map.add('a', { x: 1 });
    expect(() => {
      map.add('a', 2);
    }).toThrow('already');
    expect(() => map.value('b')).toThrow('no entity called b');
    expect(() => map.session('a')).toThrow('no ClientSession');
  });
});

describe('a thread', () => {
  test('runs one operation after the other and reports the first failure', async () => {
    const thread = new Thread();
    const ran: number[] = [];
    thread.run(async () => {
      await Promise.resolve();
      ran.push(1);
    });
    thread.run(async () => Promise.reject(new Error('second failed')));
    thread.run(async () => {
      ran.push(3);
      return Promise.resolve();
    });
    await expect(thread.finish(1_000)).rejects.toThrow('second failed');
    expect(ran).toEqual([1]);
  });
});

describe('the tally', () => {
  test('counts the share of listed tests among those that ran', () => {
    const tally = new Tally();
    for (let count = 0; count < 3; count += 1) tally.pass();
    tally.list();
    tally.skip('needs a sharded cluster');
    tally.skip('needs a sharded cluster');
    expect(tally.listedShare).toBe(0.25);
    expect(tally.summary()).toContain('3 passed, 1 listed as known failures, 0 failed, 2 skipped');
    expect(tally.summary()).toContain('2 skipped: needs a sharded cluster');
  });
});
