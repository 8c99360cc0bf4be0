import { expect, it } from 'vitest';
import { assertNoDeniedKeyword, type DeniedKeyword } from '../../src/access/denied-keywords.ts';
import { PUBLIC_ACL } from '../../src/parse/acl.ts';
import { Pointer, type ParseValue } from '../../src/parse/values.ts';
import { EVERYTHING } from '../../src/query/constraint.ts';
import type { FieldOperation, WriteStep } from '../../src/query/write-request.ts';
import { parseKeywordDenylist } from '../../src/server/keyword-denylist.ts';

function created(values: Record<string, ParseValue>): WriteStep {
  const request = {
    className: 'Note',
    objectId: undefined,
    values: new Map(Object.entries(values)),
    acl: PUBLIC_ACL,
    relations: new Map<string, never>(),
  };
  return { kind: 'create', request };
}

function changed(operation: FieldOperation): WriteStep {
  const request = {
    className: 'Note',
    objectId: 'n',
    guard: EVERYTHING,
    operations: new Map([['info', operation]]),
    acl: undefined,
    select: new Set<string>(),
  };
  return { kind: 'update', request };
}

const DENIED: readonly DeniedKeyword[] = parseKeywordDenylist(
  '[{"key": "^secret"}, {"value": "<script"}, {"key": "level", "value": 9}]',
);

it.each<[string, WriteStep]>([
  ['a column of that name', created({ secretPlan: 1 })],
  ['a key at any depth', created({ info: { a: [{ b: { secret: null } }] } })],
  ['a value at any depth', created({ info: [['x <script>']] })],
  ['a value under a key', created({ info: { level: 9 } })],
  ['a value that is set', changed({ kind: 'set', value: { secret: 1 } })],
  ['a value that is added', changed({ kind: 'addUnique', values: [{ secret: 1 }] })],
  [
    'a path that is set',
    changed({ kind: 'setPaths', paths: [{ path: ['a', 'secret'], value: 1 }] }),
  ],
])('%s is refused with 105', (_, step) => {
  expect(() => {
    assertNoDeniedKeyword(DENIED, step);
  }).toThrow(expect.objectContaining({ code: 'InvalidKeyName' }));
});

it.each<[string, WriteStep]>([
  ['another key', created({ info: { nosecret: 1 } })],
  ['another value under the key', created({ info: { level: 8 } })],
  ['the value under another key', created({ info: { height: 9 } })],
  ['a pointer', created({ to: new Pointer('Note', 'x') })],
  ['an operation without a value', changed({ kind: 'unset' })],
])('%s passes', (_, step) => {
  assertNoDeniedKeyword(DENIED, step);
});

it.each([
  '{}',
  'x',
  '[{}]',
  '[{"key": "("}]',
  '[{"key": "a", "other": 1}]',
  '[{"key": null}]',
  '[5]',
])('a list that is none is refused at the start: %s', (text) => {
  expect(() => parseKeywordDenylist(text)).toThrow(/expected a JSON array/);
});
