import type { ClassCatalog, ClassSchema } from '../parse/class-schema.ts';
import { GatewayError, objectNotFound, permissionDenied } from '../parse/errors.ts';
import type { ParseObject } from '../parse/object.ts';
import type { Pointer } from '../parse/values.ts';
import {
  EVERYTHING,
  allOf,
  hasObjectId,
  hasObjectIdIn,
  type Constraint,
} from '../query/constraint.ts';
import {
  BY_OBJECT_ID,
  firstRows,
  type CountRequest,
  type FindRequest,
  type Link,
  type RelatedCountRequest,
  type RelatedRequest,
  type Selection,
} from '../query/find-request.ts';
import { matches } from '../query/matches.ts';
import type { CreateRequest, DeleteRequest, UpdateRequest } from '../query/write-request.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { AccessRules } from './access-rules.ts';
import { decideClassAccess } from './class-decision.ts';
import { visiblePart, widenSelection } from './column-rule.ts';
import { guarded } from './guarded-brand.ts';
import type { GetRequest, GuardedStore } from './guarded-store.ts';
import {
  assertChangeable,
  assertCreatable,
  assertMayWrite,
  withDefaultAcl,
} from './guarded-writes.ts';
import { narrowingFor, type Narrowing } from './narrow.ts';
import { OwnerProofs } from './owner-proofs.ts';
import { subjectsOf, type Principal } from './principal.ts';
import { relationOwnersIn } from './relation-owners.ts';

export interface GuardedStoreOptions {
  readonly store: ObjectStore;
  readonly catalog: ClassCatalog;
  readonly principal: Principal;
  readonly rules: AccessRules;
  /** Called after each write of an object, so that what is cached about sessions and roles can be forgotten at once. */
  readonly onWritten?: (className: string, objectId: string) => void;
}

/** Binds a store to one principal and one catalog; make one for each request. @see GuardedStore */
export function createGuardedStore(options: GuardedStoreOptions): GuardedStore {
  return new PrincipalStore(options);
}

class PrincipalStore implements GuardedStore {
  readonly [guarded] = true;
  readonly principal: Principal;
  readonly #store: ObjectStore;
  readonly #catalog: ClassCatalog;
  readonly #rules: AccessRules;
  readonly #onWritten: (className: string, objectId: string) => void;
  readonly #narrowing: Narrowing;
  readonly #isBound: boolean;
  readonly #proofs = new OwnerProofs();

  constructor({ store, catalog, principal, rules, onWritten }: GuardedStoreOptions) {
    this.principal = principal;
    this.#store = store;
    this.#catalog = catalog;
    this.#rules = rules;
    this.#onWritten = onWritten ?? (() => undefined);
    this.#narrowing = narrowingFor(principal, catalog, rules);
    this.#isBound = subjectsOf(principal) !== undefined;
  }

  async get({ className, objectIds, select }: GetRequest): Promise<readonly ParseObject[]> {
    const ids = [...new Set(objectIds)];
    const [only] = ids;
    if (only === undefined) return [];
    const found = await this.#read(
      {
        className,
        where: ids.length === 1 ? hasObjectId(only) : hasObjectIdIn(ids),
        order: [BY_OBJECT_ID],
        page: firstRows(ids.length),
        select,
        readPreference: undefined,
      },
      'get',
    );
    const byId = new Map(found.map((object) => [object.objectId, object]));
    return ids.flatMap((id) => byId.get(id) ?? []);
  }

  async find(request: FindRequest): Promise<readonly ParseObject[]> {
    return this.#read(request, 'find');
  }

  async count(request: CountRequest): Promise<number> {
    if (!this.#isBound) return this.#store.count(request);
    const where = await this.#narrow(request, 'count');
    return isNothing(where) ? 0 : this.#store.count({ ...request, where });
  }

  async findRelated(request: RelatedRequest): Promise<ReadonlyMap<string, readonly ParseObject[]>> {
    if (!this.#isBound) return this.#store.findRelated(request);
    const find = await this.#narrowFind(request.find, 'find');
    const ownerIds = await this.#readableOwners(request.link, request.ownerIds, find.className);
    const pages = new Map<string, readonly ParseObject[]>(request.ownerIds.map((id) => [id, []]));
    if (ownerIds.length === 0 || isNothing(find.where)) return pages;
    const found = await this.#store.findRelated({ ...request, find, ownerIds });
    for (const [ownerId, objects] of found) {
      pages.set(ownerId, this.#show(objects, find.className, request.find.select));
    }
    return pages;
  }

  async countRelated(request: RelatedCountRequest): Promise<ReadonlyMap<string, number>> {
    if (!this.#isBound) return this.#store.countRelated(request);
    const where = await this.#narrow(request.count, 'count');
    const { className } = request.count;
    const ownerIds = await this.#readableOwners(request.link, request.ownerIds, className);
    const counts = new Map<string, number>(request.ownerIds.map((id) => [id, 0]));
    if (ownerIds.length === 0 || isNothing(where)) return counts;
    const count = { ...request.count, where };
    const found = await this.#store.countRelated({ ...request, count, ownerIds });
    for (const [ownerId, number] of found) counts.set(ownerId, number);
    return counts;
  }

  async create(request: CreateRequest): Promise<ParseObject> {
    assertMayWrite(this.principal);
    const schema = this.#schemaOf(request.className);
    this.#narrowing.rowsFor(request.className, 'create');
    assertCreatable(this.principal, schema, request);
    const complete = withDefaultAcl(request, this.principal, { schema, rules: this.#rules });
    const created = await this.#store.create(complete);
    this.#onWritten(created.className, created.objectId);
    return this.#showWritten(created, 'all');
  }

  async update(request: UpdateRequest): Promise<ParseObject> {
    assertMayWrite(this.principal);
    this.#assertKnowsUser(request.className);
    const schema = this.#schemaOf(request.className);
    const guard = await this.#guardOf(request, 'update');
    assertChangeable(this.principal, schema, request);
    const updated = isNothing(guard)
      ? undefined
      : await this.#store.update({ ...request, guard, select: this.#selectWritten(request) });
    if (updated === undefined) throw this.#notWritable(request.className);
    this.#onWritten(updated.className, updated.objectId);
    return this.#showWritten(updated, request.select);
  }

  async delete(request: DeleteRequest): Promise<ParseObject> {
    assertMayWrite(this.principal);
    this.#assertKnowsUser(request.className);
    const guard = await this.#guardOf(request, 'delete');
    const deleted = isNothing(guard)
      ? undefined
      : await this.#store.delete({ ...request, guard, select: this.#selectWritten(request) });
    if (deleted === undefined) throw this.#notWritable(request.className);
    this.#onWritten(deleted.className, deleted.objectId);
    return this.#showWritten(deleted, request.select);
  }

  async #read(request: FindRequest, operation: 'find' | 'get'): Promise<readonly ParseObject[]> {
    if (!this.#isBound) return this.#store.find(request);
    const narrowed = await this.#narrowFind(request, operation);
    if (isNothing(narrowed.where)) return [];
    const objects = await this.#store.find(narrowed);
    return this.#show(objects, request.className, request.select);
  }

  async #narrowFind(request: FindRequest, operation: 'find' | 'get'): Promise<FindRequest> {
    this.#narrowing.assertOrder(request, request.order);
    const where = await this.#narrow(request, operation);
    const select = widenSelection(request.select, this.#columnsLookedAt(request.className));
    return { ...request, where, select };
  }

  async #narrow(
    request: { readonly className: string; readonly where: Constraint },
    operation: 'find' | 'get' | 'count' | 'update' | 'delete',
  ): Promise<Constraint> {
    const owners = relationOwnersIn(request.where);
    if (owners.length === 0) return this.#narrowing.where(request, operation, () => false);
    // Refusals first: a request that may not be made costs no command and learns nothing about owners.
    this.#narrowing.where(request, operation, () => true);
    const readable = await this.#ownersReadable(owners);
    return this.#narrowing.where(request, operation, (owner) => readable.has(keyOf(owner)));
  }

  #guardOf(
    { className, guard }: { readonly className: string; readonly guard: Constraint },
    operation: 'update' | 'delete',
  ): Constraint | Promise<Constraint> {
    return this.#isBound ? this.#narrow({ className, where: guard }, operation) : guard;
  }

  async #ownersReadable(owners: readonly Pointer[]): Promise<ReadonlySet<string>> {
    const readable = new Set<string>();
    for (const className of new Set(owners.map((owner) => owner.className))) {
      const ids = owners.filter((o) => o.className === className).map((owner) => owner.objectId);
      for (const id of await this.#readableIds(className, ids)) readable.add(`${className} ${id}`);
    }
    return readable;
  }

  /** Owners whose relation may be looked at. A child found by its own pointer needs no readable owner. */
  async #readableOwners(
    link: Link,
    ownerIds: readonly string[],
    childClass: string,
  ): Promise<readonly string[]> {
    const holder = link.kind === 'relation' ? link.ownerClass : childClass;
    const target = link.kind === 'relation' ? childClass : link.ownerClass;
    const type = this.#schemaOf(holder).fields.get(link.field)?.type;
    const kind = link.kind === 'relation' ? 'Relation' : 'Pointer';
    const leads =
      type !== undefined && 'targetClass' in type && type.kind === kind
        ? type.targetClass === target
        : false;
    const access = this.#narrowing.columnsOf(holder).access(link.field);
    if (!leads || access !== 'readable') throw permissionDenied();
    return link.kind === 'relation' ? this.#readableIds(holder, ownerIds) : ownerIds;
  }

  /** Those of the ids that the principal may `get`. Cost: none for objects just shown, else 1 command for all. */
  async #readableIds(className: string, ids: readonly string[]): Promise<readonly string[]> {
    const unproven = ids.filter((id) => !this.#proofs.has(className, id));
    if (unproven.length > 0) {
      try {
        await this.get({ className, objectIds: unproven, select: new Set() });
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }
    return ids.filter((id) => this.#proofs.has(className, id));
  }

  #show(
    objects: readonly ParseObject[],
    className: string,
    select: Selection,
  ): readonly ParseObject[] {
    const rule = this.#narrowing.columnsOf(className);
    const isGettable = this.#gettable(className);
    return objects.map((object) => {
      if (isGettable(object)) this.#proofs.add(className, object.objectId);
      return visiblePart(object, rule, select);
    });
  }

  /** Whether an object that was found may also be had by `get`; class permissions can tell the two apart. */
  #gettable(className: string): (object: ParseObject) => boolean {
    const decision = decideClassAccess(this.principal, this.#schemaOf(className), 'get');
    if (decision.kind === 'deny') return () => false;
    const { where } = decision;
    return where === EVERYTHING ? () => true : (object) => matches(where, object);
  }

  /** Columns that the rule of the class and the decision to `get` look at. */
  #columnsLookedAt(className: string): readonly string[] {
    const { permissions, fields } = this.#schemaOf(className);
    return [
      ...this.#narrowing.columnsOf(className).columnsLookedAt,
      ...permissions.readUserFields,
      ...permissions.operations.get.pointerFields,
      ...(className === '_Session' ? ['user'] : []),
    ].filter((name) => fields.has(name));
  }

  #selectWritten({ className, select }: UpdateRequest | DeleteRequest): Selection {
    return this.#isBound ? widenSelection(select, this.#columnsLookedAt(className)) : select;
  }

  /** Who may write need not be allowed to read: then only id and times are told. */
  #showWritten(object: ParseObject, select: Selection): ParseObject {
    if (!this.#isBound) return object;
    const decision = decideClassAccess(this.principal, this.#schemaOf(object.className), 'get');
    const subjects = subjectsOf(this.principal) ?? [];
    const mayRead =
      decision.kind === 'allow' &&
      matches(allOf(decision.where, { kind: 'aclAllows', right: 'read', subjects }), object);
    if (mayRead) {
      const [shown = object] = this.#show([object], object.className, select);
      return shown;
    }
    this.#proofs.remove(object.className, object.objectId);
    return { ...object, acl: { readers: [], writers: [] }, values: new Map() };
  }

  #assertKnowsUser(className: string): void {
    if (className === '_User' && this.principal.kind === 'anonymous') {
      throw new GatewayError('SessionMissing', 'Permission denied');
    }
  }

  #notWritable(className: string): GatewayError {
    return className === '_User' && this.#isBound
      ? new GatewayError('SessionMissing', 'Permission denied')
      : objectNotFound();
  }

  #schemaOf(className: string): ClassSchema {
    const schema = this.#catalog.classes.get(className);
    if (schema === undefined) throw permissionDenied();
    return schema;
  }
}

/** True for what no object can satisfy, so that no command is spent on it. */
function isNothing(where: Constraint): boolean {
  if (where.kind === 'or') return where.parts.every(isNothing);
  return where.kind === 'and' && where.parts.some(isNothing);
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof GatewayError &&
    (error.code === 'OperationForbidden' ||
      error.code === 'ObjectNotFound' ||
      error.code === 'InvalidSessionToken')
  );
}

function keyOf(pointer: Pointer): string {
  return `${pointer.className} ${pointer.objectId}`;
}
