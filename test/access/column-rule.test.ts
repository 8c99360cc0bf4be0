import { describe, expect, it } from 'vitest';
import { DEFAULT_ACCESS_RULES, type AccessRules } from '../../src/access/access-rules.ts';
import { columnRuleFor, visiblePart } from '../../src/access/column-rule.ts';
import type { Principal } from '../../src/access/principal.ts';
import { PUBLIC_ACL } from '../../src/parse/acl.ts';
import type { ParseObject } from '../../src/parse/object.ts';
import { Pointer, type ParseValue } from '../../src/parse/values.ts';
import { allOf, column, hasObjectId, type Constraint } from '../../src/query/constraint.ts';
import {
  ANYBODY,
  MAINTENANCE,
  MASTER,
  classSchema,
  openBut,
  protects,
  user,
} from './access-world.ts';

const STRING = { kind: 'String' } as const;
const COLUMNS = {
  x: STRING,
  y: STRING,
  z: STRING,
  owner: { kind: 'Pointer', targetClass: '_User' },
  team: { kind: 'Array' },
} as const;

function object(
  className: string,
  objectId: string,
  values: Record<string, ParseValue>,
): ParseObject {
  return {
    className,
    objectId,
    createdAt: new Date(0),
    updatedAt: new Date(0),
    acl: PUBLIC_ACL,
    values: new Map(Object.entries(values)),
  };
}

function visibleIn(
  principal: Principal,
  lists: Record<string, readonly string[]>,
  values: Record<string, ParseValue> = {},
): string {
  const schema = classSchema('Doc', COLUMNS, openBut({}, protects(lists)));
  const rule = columnRuleFor(principal, schema, DEFAULT_ACCESS_RULES);
  const shown = visiblePart(object('Doc', 'd1', { x: '1', y: '2', z: '3', ...values }), rule);
  return ['x', 'y', 'z'].filter((name) => shown.values.has(name)).join('');
}

describe('protected columns', () => {
  const byTier = { '*': ['x', 'y'], authenticated: ['x'] };
  const byRole = { '*': ['x', 'y', 'z'], 'role:R1': ['x', 'y'], 'role:R2': ['y', 'z'] };
  const byOwner = { '*': ['x', 'y'], 'userField:owner': ['x'], 'userField:team': [] };
  const mine = { owner: new Pointer('_User', 'u1') };
  const ofTeam = { team: [new Pointer('_User', 'u2'), new Pointer('_User', 'u1')] };

  it.each([
    ['hide from everybody what `*` names', ANYBODY, byTier, {}, 'z'],
    ['hide from users what all their sets name', user('u1'), byTier, {}, 'yz'],
    ['hide the intersection of the roles', user('u1', 'R1', 'R2'), byRole, {}, 'xz'],
    ['hide nothing where no set applies', user('u1'), { 'role:R1': ['x'] }, {}, 'xyz'],
    ['are lifted for a user by the own id', user('u1'), { '*': ['x'], u1: [] }, {}, 'xyz'],
    ['stay for another user', user('u2'), { '*': ['x'], u1: [] }, {}, 'yz'],
    ['are lifted on objects that point to the user', user('u1'), byOwner, mine, 'yz'],
    ['stay on objects that point to nobody', user('u1'), byOwner, {}, 'z'],
    ['stay for others on that object', user('u2'), byOwner, mine, 'z'],
    ['are lifted on objects whose list holds the user', user('u1'), byOwner, ofTeam, 'xyz'],
    ['stay for strangers to the list', user('u3'), byOwner, ofTeam, 'z'],
    ['hide nothing by `userField` alone', user('u1'), { 'userField:owner': ['x'] }, mine, 'xyz'],
    ['bind no master key', MASTER, byTier, {}, 'xyz'],
    ['bind no maintenance key', MAINTENANCE, byTier, {}, 'xyz'],
  ] as const)('%s', (...[, principal, lists, values, expected]) => {
    expect(visibleIn(principal, lists, values)).toBe(expected);
  });

  it('are not lifted by a pointer to an object of another class with the same id', () => {
    const values = { team: [new Pointer('Team', 'u1')] };
    expect(visibleIn(user('u1'), byOwner, values)).toBe('z');
  });

  it('cannot be told from columns that do not exist, except by the master key', () => {
    const schema = classSchema('Doc', COLUMNS, openBut({}, protects({ '*': ['x'] })));
    const rule = columnRuleFor(ANYBODY, schema, DEFAULT_ACCESS_RULES);
    expect([rule.access('x'), rule.access('nosuch'), rule.access('y')]).toEqual([
      'hidden',
      'unknown',
      'readable',
    ]);
    expect(columnRuleFor(MASTER, schema, DEFAULT_ACCESS_RULES).access('x')).toBe('readable');
  });

  it('cut objects to the selection, so that what was fetched for the rule alone is not shown', () => {
    const schema = classSchema('Doc', COLUMNS, openBut({}, protects(byOwner)));
    const rule = columnRuleFor(user('u1'), schema, DEFAULT_ACCESS_RULES);
    expect([...rule.columnsLookedAt].sort()).toEqual(['owner', 'team']);
    const shown = visiblePart(object('Doc', 'd1', { y: '2', ...mine }), rule, new Set(['y']));
    expect([...shown.values.keys()]).toEqual(['y']);
  });

  it('may hide the times', () => {
    const schema = classSchema('Doc', COLUMNS, openBut({}, protects({ '*': ['createdAt'] })));
    const rule = columnRuleFor(ANYBODY, schema, DEFAULT_ACCESS_RULES);
    const shown = visiblePart(object('Doc', 'd1', {}), rule);
    expect([shown.createdAt, shown.updatedAt]).toEqual([undefined, new Date(0)]);
  });
});

describe('columns of users', () => {
  const row = object('_User', 'u1', {
    username: 'ann',
    email: 'ann@example.org',
    authData: { anonymous: { id: '1' } },
    x: '1',
  });

  function shownTo(
    principal: Principal,
    rules: AccessRules = DEFAULT_ACCESS_RULES,
  ): readonly string[] {
    const schema = classSchema('_User', COLUMNS, openBut({}, protects({ '*': ['x'] })));
    return [...visiblePart(row, columnRuleFor(principal, schema, rules)).values.keys()];
  }

  it('hide the address, what the class protects, and the providers from others', () => {
    expect(shownTo(ANYBODY)).toEqual(['username']);
    expect(shownTo(user('u2'))).toEqual(['username']);
  });

  it('are all shown to their owner and to the master key', () => {
    const all = ['username', 'email', 'authData', 'x'];
    expect(shownTo(user('u1'))).toEqual(all);
    expect(shownTo(MASTER)).toEqual(all);
  });

  it('bind their owner, too, where the setting says so', () => {
    const rules = { ...DEFAULT_ACCESS_RULES, protectedFieldsOwnerExempt: false };
    expect(shownTo(user('u1'), rules)).toEqual(['username', 'authData']);
  });

  const byEmail: Constraint = {
    kind: 'compare',
    column: column('email'),
    comparison: 'equal',
    value: 'ann@example.org',
  };

  it.each([
    ['nothing but the address', byEmail, 'hidden'],
    ['the own id and the address', allOf(hasObjectId('u1'), byEmail), 'readable'],
    ['another id and the address', allOf(hasObjectId('u2'), byEmail), 'hidden'],
    ['the own id or the address', { kind: 'or', parts: [hasObjectId('u1'), byEmail] }, 'hidden'],
  ] as const)('can be searched by %s: %s', (_title, where: Constraint, expected) => {
    const rule = columnRuleFor(user('u1'), classSchema('_User', {}), DEFAULT_ACCESS_RULES);
    expect(rule.accessWithin(where, 'email')).toBe(expected);
    expect(rule.accessWithin(where, 'authData')).toBe('hidden');
  });
});
