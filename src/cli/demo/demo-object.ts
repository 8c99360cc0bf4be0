import { PUBLIC_ACL, type Acl } from '../../parse/acl.ts';
import type { ParseObject } from '../../parse/object.ts';
import type { ParseValue } from '../../parse/values.ts';

/** When the demo's objects were made: a fixed moment, so that every demo holds the same data. */
export const DEMO_DATE = new Date('2026-01-01T00:00:00.000Z');

/** One object of the demo; a value that is `undefined` is left out, as a client that never sent it. */
export function demoObject(
  className: string,
  objectId: string,
  values: Readonly<Record<string, ParseValue | undefined>>,
  acl: Acl = PUBLIC_ACL,
): ParseObject {
  const stored = new Map<string, ParseValue>();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined) stored.set(name, value);
  }
  return { className, objectId, createdAt: DEMO_DATE, updatedAt: DEMO_DATE, acl, values: stored };
}
