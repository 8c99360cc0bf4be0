import type { ClassCatalog, ClassSchema } from '../parse/class-schema.ts';
import { GatewayError, permissionDenied } from '../parse/errors.ts';
import type { ParseObject } from '../parse/object.ts';
import type { Pointer } from '../parse/values.ts';
import { answerTogether } from '../query/answer-together.ts';
import {
  EVERYTHING,
  hasObjectId,
  hasObjectIdIn,
  isNothing,
  type Constraint,
} from '../query/constraint.ts';
import {
  BY_OBJECT_ID,
  firstRows,
  type CountRequest,
  type FindRequest,
  type Link,
  type RelatedCountRequest,
  type RelatedCounts,
  type RelatedPages,
  type RelatedRequest,
  type Selection,
} from '../query/find-request.ts';
import { matches } from '../query/matches.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { AccessRules } from './access-rules.ts';
import { decideClassAccess } from './class-decision.ts';
import { visiblePart, widenSelection } from './column-rule.ts';
import type { GetRequest } from './guarded-store.ts';
import { narrowingFor, type Narrowing } from './narrow.ts';
import { OwnerProofs } from './owner-proofs.ts';
import { keyOf } from './pointer-key.ts';
import { subjectsOf, type Principal } from './principal.ts';
import { relationOwnersIn } from './relation-owners.ts';

/** What one principal reads, and by which rules. */
export interface ReadingParts {
  readonly store: ObjectStore;
  readonly catalog: ClassCatalog;
  readonly principal: Principal;
  readonly rules: AccessRules;
}

/**
 * The reading half of a `GuardedStore`, and what its writing half must know of it: which objects may be had, and how much of one is
 * shown.
 */
export class PrincipalReads {
  readonly principal: Principal;
  /** True for clients; no rule binds the keys. */
  readonly isBound: boolean;
  readonly narrowing: Narrowing;
  readonly #store: ObjectStore;
  readonly #catalog: ClassCatalog;
  readonly #proofs = new OwnerProofs();

  constructor({ store, catalog, principal, rules }: ReadingParts) {
    this.principal = principal;
    this.isBound = subjectsOf(principal) !== undefined;
    this.narrowing = narrowingFor(principal, catalog, rules);
    this.#store = store;
    this.#catalog = catalog;
  }

  async get({
    className,
    objectIds,
    select,
    readPreference,
  }: GetRequest): Promise<readonly ParseObject[]> {
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
        readPreference,
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
    if (!this.isBound) return this.#store.count(request);
    const where = await this.narrow(request, 'count');
    return isNothing(where) ? 0 : this.#store.count({ ...request, where });
  }

  findRelated(requests: readonly RelatedRequest[]): readonly Promise<RelatedPages>[] {
    if (!this.isBound) return this.#store.findRelated(requests);
    const narrowed = this.#narrowed(requests, (request) => this.#narrowPages(request));
    const found = answerTogether(narrowed, (bound) => this.#store.findRelated(bound));
    return requests.map(async ({ ownerIds, find: { className, select } }, index) => {
      const pages = new Map<string, readonly ParseObject[]>(ownerIds.map((id) => [id, []]));
      for (const [ownerId, objects] of (await found[index]) ?? []) {
        pages.set(ownerId, this.show(objects, className, select));
      }
      return pages;
    });
  }

  countRelated(requests: readonly RelatedCountRequest[]): readonly Promise<RelatedCounts>[] {
    if (!this.isBound) return this.#store.countRelated(requests);
    const narrowed = this.#narrowed(requests, (request) => this.#narrowCounts(request));
    const found = answerTogether(narrowed, (bound) => this.#store.countRelated(bound));
    return requests.map(async ({ ownerIds }, index) => {
      const none = ownerIds.map((id) => [id, 0] as const);
      return new Map<string, number>([...none, ...((await found[index]) ?? [])]);
    });
  }

  /** One after the other, so that an owner whom the first proves readable is not asked for again. */
  #narrowed<Request>(
    requests: readonly Request[],
    narrow: (request: Request) => Promise<Request | undefined>,
  ): readonly Promise<Request | undefined>[] {
    let before: Promise<unknown> = Promise.resolve();
    return requests.map((request) => {
      const narrowed = before.then(() => narrow(request));
      before = narrowed.catch(() => undefined);
      return narrowed;
    });
  }

  /** `undefined` where nothing can be found. */
  async #narrowPages(request: RelatedRequest): Promise<RelatedRequest | undefined> {
    const find = await this.#narrowFind(request.find, 'find');
    const ownerIds = await this.#readableOwners(request.link, request.ownerIds, find.className);
    const isEmpty = ownerIds.length === 0 || isNothing(find.where);
    return isEmpty ? undefined : { ...request, find, ownerIds };
  }

  /** `undefined` where nothing can be counted. */
  async #narrowCounts(request: RelatedCountRequest): Promise<RelatedCountRequest | undefined> {
    const { link, count } = request;
    const where = await this.narrow(count, 'count');
    const ownerIds = await this.#readableOwners(link, request.ownerIds, count.className);
    const isEmpty = ownerIds.length === 0 || isNothing(where);
    return isEmpty ? undefined : { ...request, count: { ...count, where }, ownerIds };
  }

  async #read(request: FindRequest, operation: 'find' | 'get'): Promise<readonly ParseObject[]> {
    if (!this.isBound) return this.#store.find(request);
    const narrowed = await this.#narrowFind(request, operation);
    if (isNothing(narrowed.where)) return [];
    const objects = await this.#store.find(narrowed);
    return this.show(objects, request.className, request.select);
  }

  async #narrowFind(request: FindRequest, operation: 'find' | 'get'): Promise<FindRequest> {
    const order = this.narrowing.order(request, request.order);
    const where = await this.narrow(request, operation);
    const select = widenSelection(request.select, this.columnsLookedAt(request.className));
    return { ...request, where, order, select };
  }

  async narrow(
    request: { readonly className: string; readonly where: Constraint },
    operation: 'find' | 'get' | 'count' | 'update' | 'delete',
  ): Promise<Constraint> {
    const owners = relationOwnersIn(request.where);
    if (owners.length === 0) return this.narrowing.where(request, operation, () => false);
    // Refusals first: a request that may not be made costs no command and learns nothing about owners.
    this.narrowing.where(request, operation, () => true);
    const readable = await this.#ownersReadable(owners);
    return this.narrowing.where(request, operation, (owner) => readable.has(keyOf(owner)));
  }

  async #ownersReadable(owners: readonly Pointer[]): Promise<ReadonlySet<string>> {
    const readable = new Set<string>();
    for (const className of new Set(owners.map((owner) => owner.className))) {
      const ids = owners.filter((o) => o.className === className).map((owner) => owner.objectId);
      for (const id of await this.readableIds(className, ids)) readable.add(`${className} ${id}`);
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
    const type = this.schemaOf(holder).fields.get(link.field)?.type;
    const kind = link.kind === 'relation' ? 'Relation' : 'Pointer';
    const leads =
      type !== undefined && 'targetClass' in type && type.kind === kind
        ? type.targetClass === target
        : false;
    const access = this.narrowing.columnsOf(holder).access(link.field);
    if (!leads || access !== 'readable') throw permissionDenied();
    return link.kind === 'relation' ? this.readableIds(holder, ownerIds) : ownerIds;
  }

  /** Those of the ids that the principal may `get`. Cost: none for objects just shown, else 1 command for all. */
  async readableIds(className: string, ids: readonly string[]): Promise<readonly string[]> {
    const unproven = ids.filter((id) => !this.#proofs.has(className, id));
    const got = new Set<string>();
    if (unproven.length > 0) {
      try {
        const objects = await this.get({ className, objectIds: unproven, select: new Set() });
        for (const { objectId } of objects) got.add(objectId);
      } catch (error) {
        if (!isRefusal(error)) throw error;
      }
    }
    return ids.filter((id) => got.has(id) || this.#proofs.has(className, id));
  }

  show(
    objects: readonly ParseObject[],
    className: string,
    select: Selection,
  ): readonly ParseObject[] {
    const rule = this.narrowing.columnsOf(className);
    const isGettable = this.#gettable(className);
    return objects.map((object) => {
      if (isGettable(object)) this.#proofs.add(className, object.objectId);
      return visiblePart(object, rule, select);
    });
  }

  /** Whether an object that was found may also be had by `get`; class permissions can tell the two apart. */
  #gettable(className: string): (object: ParseObject) => boolean {
    const decision = decideClassAccess(this.principal, this.schemaOf(className), 'get');
    if (decision.kind === 'deny') return () => false;
    const { where } = decision;
    return where === EVERYTHING ? () => true : (object) => matches(where, object);
  }

  /** Columns that the rule of the class and the decision to `get` look at. */
  columnsLookedAt(className: string): readonly string[] {
    const { permissions, fields } = this.schemaOf(className);
    return [
      ...this.narrowing.columnsOf(className).columnsLookedAt,
      ...permissions.readUserFields,
      ...permissions.operations.get.pointerFields,
      ...(className === '_Session' ? ['user'] : []),
    ].filter((name) => fields.has(name));
  }

  schemaOf(className: string): ClassSchema {
    const schema = this.#catalog.classes.get(className);
    if (schema === undefined) throw permissionDenied();
    return schema;
  }

  /** From now on the object must be shown to be readable again. */
  forget({ className, objectId }: ParseObject): void {
    this.#proofs.remove(className, objectId);
  }
}

function isRefusal(error: unknown): boolean {
  return (
    error instanceof GatewayError &&
    (error.code === 'OperationForbidden' ||
      error.code === 'ObjectNotFound' ||
      error.code === 'InvalidSessionToken')
  );
}
