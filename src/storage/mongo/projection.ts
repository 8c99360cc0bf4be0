import type { ClassSchema } from '../../parse/class-schema.ts';
import type { OrderKey, Selection } from '../../query/find-request.ts';
import {
  BASE_STORED_NAMES,
  HIDDEN_STORED_NAMES,
  isAuthData,
  storedName,
} from './system-columns.ts';

/** What of each document is to be fetched, as the driver takes it; `undefined`: all of it. */
export type Projection = Readonly<Record<string, 0 | 1>> | undefined;

const WITHOUT_SECRETS: Projection = Object.fromEntries(
  [...HIDDEN_STORED_NAMES].map((name) => [name, 0] as const),
);

/**
 * Exactly the selected columns and the base ones. Of users `all` (or `authData`, whose keys are as many as there are providers)
 * is everything but the secrets.
 */
export function compileProjection(
  select: Selection,
  schema: ClassSchema,
  alsoOrderedBy: readonly OrderKey[] = [],
): Projection {
  if (select === 'all') return schema.className === '_User' ? WITHOUT_SECRETS : undefined;
  const names = [...select, ...alsoOrderedBy.map(({ column }) => column.name)];
  if (names.some((name) => isAuthData(schema.className, name))) return WITHOUT_SECRETS;
  const stored: string[] = [...BASE_STORED_NAMES];
  for (const name of names) {
    const field = schema.fields.get(name);
    if (field === undefined || field.type.kind === 'Relation') continue;
    const key = storedName(schema, name);
    stored.push(key);
    // Parse's first write of these carries the column's own name.
    if (key !== name && !key.startsWith('_p_')) stored.push(name);
  }
  return Object.fromEntries(stored.map((key) => [key, 1] as const));
}

/** The stage that keeps only what is selected; none when everything is. */
export function project(projection: Projection): readonly { readonly $project: Projection }[] {
  return projection === undefined ? [] : [{ $project: projection }];
}

/** The projection with one more key in it; one that excludes has it anyway. */
export function including(projection: Projection, key: string): Projection {
  return projection?.['_id'] === 1 ? { ...projection, [key]: 1 } : projection;
}
