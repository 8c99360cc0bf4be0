import { BASE_COLUMNS, type ClassSchema } from '../parse/class-schema.ts';
import type { ParseObject } from '../parse/object.ts';
import type { ProtectedFields } from '../parse/class-permissions.ts';
import { Pointer, type ParseValue } from '../parse/values.ts';
import type { Constraint } from '../query/constraint.ts';
import type { Selection } from '../query/find-request.ts';
import type { AccessRules } from './access-rules.ts';
import { subjectsOf, type Principal } from './principal.ts';
import { coveredAuthData } from './second-factors.ts';

/** What one column is to one principal: `hidden` and `unknown` must be answered alike. */
export type ColumnAccess = 'readable' | 'hidden' | 'unknown';

/**
 * The one rule of what a principal may read of a class, column by column. Output, filters, orders, counts, cursors, relations,
 * error texts and live events all ask it.
 */
export interface ColumnRule {
  /** For everything that looks at many objects at once: a filter, an order, a key. */
  access(column: string): ColumnAccess;
  /** As `access`, where `where` can only mean the caller's own user object, which hides nothing protected. */
  accessWithin(where: Constraint, column: string): ColumnAccess;
  /** Columns of this object that the principal may not see. */
  hiddenIn(object: ParseObject): ReadonlySet<string>;
  /** Columns that `hiddenIn` looks at: they must be fetched with every object. */
  readonly columnsLookedAt: ReadonlySet<string>;
  /** Of second factors only that they are there is shown. */
  readonly coversSecrets: boolean;
  /** Principals with equal keys see the same columns of every object of the class. */
  readonly key: string;
}

const NONE: ReadonlySet<string> = new Set();
const USER_FIELD = 'userField:';

/** Columns of `_User` that only their owner sees and that nobody may search by. */
const OWNER_ONLY: ReadonlySet<string> = new Set(['authData']);

/**
 * Builds the rule. Hidden is the intersection of all sets that apply to the principal (`*`, `authenticated`, roles, own id); on an
 * object that names the principal in `x`, the set of `userField:x` is intersected, too. Pure; cheap enough for each request.
 * @see https://docs.parseplatform.org/rest/guide/#protected-fields
 */
export function columnRuleFor(
  principal: Principal,
  schema: ClassSchema,
  rules: AccessRules,
): ColumnRule {
  if (subjectsOf(principal) === undefined) return unboundRule(schema);
  const userId = principal.kind === 'user' ? principal.userId : undefined;
  const tiers = mergedTiers(schema, rules);
  const hidden = intersection(tiersFor(principal, tiers));
  const isUserClass = schema.className === '_User';
  const hiddenFromOthers = isUserClass ? new Set([...hidden, ...OWNER_ONLY]) : hidden;
  const perObject = userId === undefined || hidden.size === 0 ? [] : userFieldTiers(tiers);
  const isOwn = (objectId: string) => isUserClass && objectId === userId;

  const access = (column: string): ColumnAccess => {
    if (hiddenFromOthers.has(column)) return 'hidden';
    return isColumn(schema, column) ? 'readable' : 'unknown';
  };
  const hiddenFor = (object: ParseObject): ReadonlySet<string> => {
    if (isOwn(object.objectId)) return rules.protectedFieldsOwnerExempt ? NONE : hidden;
    const named = perObject.filter(([field]) => names(object.values.get(field), userId));
    if (named.length === 0) return hiddenFromOthers;
    const left = intersection([hidden, ...named.map(([, columns]) => columns)]);
    return isUserClass ? new Set([...left, ...OWNER_ONLY]) : left;
  };
  return {
    access,
    accessWithin(where, column) {
      const isExempt =
        rules.protectedFieldsOwnerExempt &&
        isUserClass &&
        userId !== undefined &&
        meansOnly(where, userId);
      return isExempt && hidden.has(column) && !OWNER_ONLY.has(column)
        ? 'readable'
        : access(column);
    },
    hiddenIn: hiddenFor,
    columnsLookedAt: new Set(
      perObject.map(([field]) => field).filter((field) => schema.fields.has(field)),
    ),
    coversSecrets: true,
    key: JSON.stringify([
      [...hiddenFromOthers].sort(),
      perObject.map(([field, columns]) => [field, [...columns].sort()]),
      // Only where an object may be the caller's own does the caller matter.
      isUserClass || perObject.length > 0 ? userId : undefined,
    ]),
  };
}

/**
 * The part of an object that the rule shows, cut to what was selected.
 * `{a: 1, secret: 2}` becomes `{a: 1}`; hidden times become `undefined`.
 */
export function visiblePart(
  object: ParseObject,
  rule: ColumnRule,
  select: Selection = 'all',
): ParseObject {
  const hidden = rule.hiddenIn(object);
  const authData = rule.coversSecrets ? coveredAuthData(object) : undefined;
  const isWhole =
    hidden.size === 0 &&
    authData === undefined &&
    (select === 'all' || [...object.values.keys()].every((k) => select.has(k)));
  if (isWhole) return object;
  const values = new Map<string, ParseValue>();
  for (const [name, value] of object.values) {
    if (hidden.has(name) || (select !== 'all' && !select.has(name))) continue;
    values.set(name, name === 'authData' && authData !== undefined ? authData : value);
  }
  return {
    ...object,
    createdAt: hidden.has('createdAt') ? undefined : object.createdAt,
    updatedAt: hidden.has('updatedAt') ? undefined : object.updatedAt,
    values,
  };
}

/** The selection with more columns in it. */
export function widenSelection(select: Selection, columns: Iterable<string>): Selection {
  return select === 'all' ? 'all' : new Set([...select, ...columns]);
}

function unboundRule(schema: ClassSchema): ColumnRule {
  const access = (column: string): ColumnAccess =>
    isColumn(schema, column) ? 'readable' : 'unknown';
  return {
    access,
    accessWithin: (_where, column) => access(column),
    hiddenIn: () => NONE,
    columnsLookedAt: NONE,
    coversSecrets: false,
    key: 'all',
  };
}

function isColumn(schema: ClassSchema, name: string): boolean {
  return schema.fields.has(name) || (BASE_COLUMNS as readonly string[]).includes(name);
}

/** The class's own sets united, key by key, with those of the settings. */
export function mergedTiers(schema: ClassSchema, rules: AccessRules): ProtectedFields {
  const added = rules.protectedFields.get(schema.className);
  if (added === undefined) return schema.permissions.protectedFields;
  const merged = new Map(schema.permissions.protectedFields);
  for (const [subject, columns] of added) {
    merged.set(subject, new Set([...(merged.get(subject) ?? []), ...columns]));
  }
  return merged;
}

function tiersFor(principal: Principal, tiers: ProtectedFields): readonly ReadonlySet<string>[] {
  const subjects = subjectsOf(principal) ?? [];
  const signedIn = principal.kind === 'user' ? ['authenticated'] : [];
  return [...subjects, ...signedIn].flatMap((subject) => tiers.get(subject) ?? []);
}

function userFieldTiers(
  tiers: ProtectedFields,
): readonly (readonly [string, ReadonlySet<string>])[] {
  return [...tiers]
    .filter(([subject]) => subject.startsWith(USER_FIELD))
    .map(([subject, columns]) => [subject.slice(USER_FIELD.length), columns] as const);
}

/** Members of all sets; empty for no sets. */
function intersection(sets: readonly ReadonlySet<string>[]): ReadonlySet<string> {
  const [first, ...others] = sets;
  if (first === undefined) return NONE;
  return new Set([...first].filter((column) => others.every((set) => set.has(column))));
}

function names(value: ParseValue | undefined, userId: string | undefined): boolean {
  if (value === undefined || userId === undefined) return false;
  const candidates: readonly ParseValue[] = isList(value) ? value : [value];
  return candidates.some((item) => {
    if (item instanceof Pointer) return item.className === '_User' && item.objectId === userId;
    return false;
  });
}

function isList(value: ParseValue): value is readonly ParseValue[] {
  return Array.isArray(value);
}

/** True when at most the object with this id can satisfy the constraint. */
function meansOnly(where: Constraint, objectId: string): boolean {
  if (where.kind === 'and') return where.parts.some((part) => meansOnly(part, objectId));
  return (
    where.kind === 'compare' &&
    where.comparison === 'equal' &&
    where.column.name === 'objectId' &&
    where.column.path.length === 0 &&
    where.value === objectId
  );
}
