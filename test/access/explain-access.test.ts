import { describe, expect, it } from 'vitest';
import { DEFAULT_ACCESS_RULES } from '../../src/access/access-rules.ts';
import { explainAccess } from '../../src/access/explain-access.ts';
import type { Principal } from '../../src/access/principal.ts';
import {
  ANYBODY,
  LOCKED,
  MASTER,
  READ_ONLY,
  classSchema,
  openBut,
  operationRule,
  protects,
  user,
} from './access-world.ts';

const note = classSchema(
  'Note',
  {
    title: { kind: 'String' },
    secret: { kind: 'String' },
    owner: { kind: 'Pointer', targetClass: '_User' },
  },
  openBut(
    {
      get: operationRule({ subjects: ['role:R1'] }),
      count: operationRule({ requiresAuthentication: true }),
      update: operationRule({ pointerFields: ['owner'] }),
      delete: operationRule({}),
    },
    protects({ '*': ['secret'], 'role:R1': [], 'userField:owner': [] }),
  ),
);

/** `find yes: *`, one line for each operation and column. */
function told(principal: Principal, schema = note): readonly string[] {
  const { operations, columns } = explainAccess(principal, schema, DEFAULT_ACCESS_RULES);
  return [
    ...operations.map(({ operation, allowed, rule }) => `${operation} ${allowed}: ${rule}`),
    ...columns.map(({ column, readable, rule }) => `${column} ${readable}: ${rule}`),
  ];
}

describe('what somebody may do is explained', () => {
  it.each<[string, Principal, readonly string[]]>([
    [
      'to nobody in particular',
      ANYBODY,
      [
        'find yes: *',
        'get no: nothing lets them in',
        'count no: requiresAuthentication, so sign in',
        'update no: pointerFields: owner',
        'delete no: nothing lets them in',
        'secret no: protectedFields: *',
        'title yes: nothing hides it',
      ],
    ],
    [
      'to a user',
      user('ann'),
      [
        'count yes: requiresAuthentication',
        'update some: pointerFields: owner',
        'secret some: protectedFields: *; shown by userField:owner',
      ],
    ],
    [
      'to a member of a role',
      user('bob', 'R1'),
      ['get yes: role:R1', 'secret yes: shown by protectedFields: role:R1'],
    ],
    ['to the master key', MASTER, ['delete yes: server key', 'secret yes: server key']],
    ['to a key that reads', READ_ONLY, ['get yes: server key', 'delete no: the key is read-only']],
  ])('%s', (_title, principal, lines) => {
    expect(told(principal)).toEqual(expect.arrayContaining([...lines]));
  });

  it('of classes that Parse treats apart', () => {
    const session = classSchema('_Session', {});
    expect(told(ANYBODY, session)).toContain('find no: only own sessions, so sign in');
    expect(told(user('ann'), session)).toContain('find some: *, own sessions only');
    const jobs = classSchema('_JobStatus', {});
    expect(told(user('ann'), jobs)).toContain('get no: _JobStatus leaves this to server keys');
    const users = classSchema('_User', {});
    expect(told(user('ann'), users)).toEqual(
      expect.arrayContaining([
        'email some: protectedFields: *; shown by own user object',
        'authData some: only its owner sees it; shown by own user object',
      ]),
    );
    expect(told(user('ann'), classSchema('Shut', {}, LOCKED))).toContain(
      'find no: nothing lets them in',
    );
  });
});
