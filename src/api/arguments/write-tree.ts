import type { GivenCredentials } from '../../account/account-service.ts';
import type { Acl } from '../../parse/acl.ts';
import { GatewayError } from '../../parse/errors.ts';
import { decodeJson } from '../../parse/json.ts';
import { type ParseValue, Pointer } from '../../parse/values.ts';
import type { ApiContext } from '../api-context.ts';
import { type ApiPlan, type ClassPlan, type FieldPlan, PASSWORD } from '../plan/api-plan.ts';
import { decodeAcl } from './acl.ts';
import { objectIdFor } from './global-id.ts';
import { type Fields, fieldsAt, invalidQuery, listAt } from './operators.ts';
import { decodeValue } from './write-values.ts';

/** Changes of one relation: ids to add and remove, and objects to create and add. */
export interface RelationChange {
  readonly targetClass: string;
  readonly add: readonly string[];
  /** `others`: what is added and created becomes the whole membership. */
  readonly remove: readonly string[] | 'others';
  readonly created: readonly WriteTree[];
}

/** One object to write, all of it checked, with the objects that must be created before it. */
export interface WriteTree {
  readonly plan: ClassPlan;
  readonly values: ReadonlyMap<string, ParseValue>;
  /** Columns given as null. */
  readonly unset: ReadonlySet<string>;
  /** `undefined` when none was given. */
  readonly acl: Acl | undefined;
  /** Pointer columns that lead to an object still to be created. */
  readonly linked: ReadonlyMap<string, WriteTree>;
  readonly relations: ReadonlyMap<string, RelationChange>;
  /** Objects that the columns and relations of this object, not of those inside, are linked to by their id. */
  readonly links: readonly Pointer[];
  /** How a user is to log in; `NO_CREDENTIALS` where nothing was said of it. */
  readonly credentials: GivenCredentials;
}

/** Neither a password nor a provider was given. */
export const NO_CREDENTIALS: GivenCredentials = { password: undefined, authData: undefined };

interface Draft {
  readonly values: Map<string, ParseValue>;
  readonly unset: Set<string>;
  readonly linked: Map<string, WriteTree>;
  readonly relations: Map<string, RelationChange>;
  readonly links: Pointer[];
}

interface Writing {
  readonly api: ApiPlan;
  readonly catalog: ApiContext['catalog'];
  readonly depth: number;
}

/** Objects created inside objects created inside … one mutation. */
const MAX_DEPTH = 20;

/**
 * The `fields` of a create → what to write, defaults filled in.
 * @throws GatewayError 142 for a missing required column; 106, 107, 111, 121, 123 for what is malformed.
 */
export function decodeCreate(
  fields: unknown,
  plan: ClassPlan,
  writing: Omit<Writing, 'depth'>,
): WriteTree {
  return createTree(fields, plan, { ...writing, depth: 0 });
}

/**
 * The `fields` of an update → what to change.
 * @throws GatewayError as `decodeCreate`; 142 when a required column would be emptied.
 */
export function decodeUpdate(
  fields: unknown,
  plan: ClassPlan,
  writing: Omit<Writing, 'depth'>,
): WriteTree {
  const tree = decodeFields(fields, plan.update, plan, { ...writing, depth: 0 });
  for (const { field } of plan.update.values()) {
    if (field.isRequired && isEmptied(tree, field.name)) throw required(field.name);
  }
  return tree;
}

function isEmptied({ unset, values, relations }: WriteTree, name: string): boolean {
  const change = relations.get(name);
  const isCleared =
    change?.remove === 'others' && change.add.length === 0 && change.created.length === 0;
  return unset.has(name) || values.get(name) === '' || isCleared;
}

function createTree(fields: unknown, plan: ClassPlan, writing: Writing): WriteTree {
  if (writing.depth > MAX_DEPTH) throw invalidQuery(`Objects may be created ${MAX_DEPTH} deep`);
  const tree = decodeFields(fields, plan.create, plan, writing);
  assertSystemColumns(tree);
  const values = new Map(tree.values);
  for (const { name, isRequired, defaultValue } of plan.schema.fields.values()) {
    if (!values.has(name) && !tree.linked.has(name) && !tree.relations.has(name)) {
      const value = defaultValue === null ? undefined : decodeJson(defaultValue);
      if (value !== undefined) values.set(name, value);
      else if (isRequired) throw required(name);
    } else if (isRequired && isEmptied(tree, name)) {
      throw required(name);
    }
  }
  return { ...tree, values, unset: new Set() };
}

/** What Parse demands of its own classes, whatever their stored options say. */
const SYSTEM_REQUIRED: Readonly<Record<string, readonly string[]>> = {
  _Role: ['name', 'ACL'],
  _Product: ['productIdentifier', 'icon', 'order', 'title', 'subtitle'],
};

/** @throws GatewayError 111 */
function assertSystemColumns({ plan, values, acl }: WriteTree): void {
  const { className } = plan.schema;
  const needed = Object.hasOwn(SYSTEM_REQUIRED, className) ? SYSTEM_REQUIRED[className] : undefined;
  const lacking = needed?.find((name) => (name === 'ACL' ? acl === undefined : !values.has(name)));
  if (lacking !== undefined) throw new GatewayError('IncorrectType', `${lacking} is required.`);
}

function required(name: string): GatewayError {
  return new GatewayError('ValidationError', `${name} is required`);
}

function decodeFields(
  given: unknown,
  plans: ReadonlyMap<string, FieldPlan>,
  plan: ClassPlan,
  writing: Writing,
): WriteTree {
  const fields = given === undefined || given === null ? {} : fieldsAt(given, 'fields');
  const draft: Draft = {
    values: new Map(),
    unset: new Set(),
    linked: new Map(),
    relations: new Map(),
    links: [],
  };
  let credentials = NO_CREDENTIALS;
  for (const [name, value] of Object.entries(fields)) {
    const field = plans.get(name);
    if (field === undefined || value === undefined) continue;
    const credential = credentialOf(field, value, plan);
    if (credential === undefined) decodeField(field, value, draft, writing);
    else credentials = { ...credentials, ...credential };
  }
  const acl = fields['ACL'];
  const isAclGiven = acl !== undefined && acl !== null;
  return {
    plan,
    ...draft,
    credentials,
    // A null ACL changes nothing, as in Parse's REST API: it must neither lock an object nor open it.
    acl: isAclGiven ? decodeAcl(acl, writing.catalog.classes) : undefined,
  };
}

/** `undefined` for a column that is stored as it is. */
function credentialOf(
  { field }: FieldPlan,
  value: unknown,
  { schema }: ClassPlan,
): Partial<GivenCredentials> | undefined {
  if (schema.className !== '_User') return undefined;
  if (field === PASSWORD) return { password: typeof value === 'string' ? value : null };
  if (field.name !== 'authData') return undefined;
  return { authData: value === null ? null : fieldsAt(value, 'authData') };
}

function decodeField(plan: FieldPlan, value: unknown, draft: Draft, writing: Writing): void {
  const { field, kind } = plan;
  if (kind === 'Relation') {
    const change = decodeRelation(plan, value, writing);
    const { targetClass, add } = change;
    draft.relations.set(field.name, change);
    draft.links.push(...add.map((objectId) => new Pointer(targetClass, objectId)));
  } else if (value === null) {
    draft.unset.add(field.name);
  } else if (kind === 'Pointer') {
    decodePointer(plan, value, draft, writing);
  } else {
    const decoded = decodeValue(value, kind, plan);
    draft.values.set(field.name, decoded);
    // A pointer to a class that is not served is given as JSON.
    if (field.type.kind === 'Pointer' && decoded instanceof Pointer) draft.links.push(decoded);
  }
}

function decodePointer(plan: FieldPlan, value: unknown, draft: Draft, writing: Writing): void {
  const { link, createAndLink, ...others } = givenParts(value, plan);
  const isLinked = link !== undefined;
  if (isLinked === (createAndLink !== undefined) || Object.keys(others).length > 0) {
    throw new GatewayError('InvalidPointer', `${plan.name} needs either link or createAndLink`);
  }
  const target = targetOf(plan, writing);
  if (isLinked) {
    const objectId = linkedId(link, target, plan, writing);
    const pointer = new Pointer(target.schema.className, objectId);
    draft.values.set(plan.field.name, pointer);
    draft.links.push(pointer);
  } else {
    const inner = { ...writing, depth: writing.depth + 1 };
    draft.linked.set(plan.field.name, createTree(createAndLink, target, inner));
  }
}

/** Null empties the relation, as it empties every other column. @throws GatewayError 106 */
function decodeRelation(plan: FieldPlan, value: unknown, writing: Writing): RelationChange {
  const target = targetOf(plan, writing);
  const targetClass = target.schema.className;
  if (value === null) return { targetClass, add: [], remove: 'others', created: [] };
  const { add, remove, set, createAndAdd, ...others } = fieldsAt(value, plan.name);
  const given = [add, remove, set, createAndAdd].filter((part) => part !== undefined);
  if (given.length === 0 || Object.keys(others).length > 0) {
    throw new GatewayError('InvalidPointer', `${plan.name} needs add, remove, set or createAndAdd`);
  }
  const isWhole = set !== undefined && set !== null;
  if (isWhole && (isGiven(add) || isGiven(remove))) {
    throw new GatewayError('InvalidPointer', `${plan.name}: set goes without add and remove`);
  }
  const ids = (list: unknown) => [
    ...new Set(listAt(list ?? [], plan.name).map((id) => linkedId(id, target, plan, writing))),
  ];
  const inner = { ...writing, depth: writing.depth + 1 };
  return {
    targetClass,
    add: ids(isWhole ? set : add),
    remove: isWhole ? 'others' : ids(remove),
    created: listAt(createAndAdd ?? [], plan.name).map((fields) =>
      createTree(fields, target, inner),
    ),
  };
}

function isGiven(part: unknown): boolean {
  return part !== undefined && part !== null;
}

/** The parts that are not null. */
function givenParts(value: unknown, { name }: FieldPlan): Fields {
  const entries = Object.entries(fieldsAt(value, name));
  return Object.fromEntries(entries.filter(([, part]) => isGiven(part)));
}

/** @throws GatewayError 106 for an empty id or the global id of another class. */
function linkedId(
  id: unknown,
  target: ClassPlan,
  { name }: FieldPlan,
  { catalog }: Writing,
): string {
  const objectId = objectIdFor(target.schema.className, String(id), catalog.classes);
  if (objectId === undefined || objectId === '') {
    throw new GatewayError('InvalidPointer', `${name} must lead to ${target.names.type}`);
  }
  return objectId;
}

function targetOf({ targetClass = '' }: FieldPlan, { api }: Writing): ClassPlan {
  const target = api.classes.get(targetClass);
  if (target === undefined) throw new Error(`class "${targetClass}" is not served`);
  return target;
}
