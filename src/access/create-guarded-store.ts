import type { ClassCatalog, ClassSchema } from '../parse/class-schema.ts';
import { GatewayError, conflict, objectNotFound, permissionDenied } from '../parse/errors.ts';
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
import type {
  CreateRequest,
  DeleteRequest,
  UpdateRequest,
  WriteStep,
} from '../query/write-request.ts';
import { accountOperations, accountValues } from '../storage/account-columns.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { AccessRules } from './access-rules.ts';
import { decideClassAccess } from './class-decision.ts';
import { visiblePart, widenSelection } from './column-rule.ts';
import { assertNoDeniedKeyword } from './denied-keywords.ts';
import { guarded } from './guarded-brand.ts';
import type {
  GetRequest,
  GuardedStore,
  PlanOutcome,
  WritePlan,
  WrittenObject,
} from './guarded-store.ts';
import type { AccountWrite, GuardedUsers } from './guarded-users.ts';
import {
  assertChangeable,
  assertCreatable,
  assertMayWrite,
  withDefaultAcl,
} from './guarded-writes.ts';
import { narrowingFor, type Narrowing } from './narrow.ts';
import { OwnerProofs } from './owner-proofs.ts';
import { subjectsOf, type Principal } from './principal.ts';
import { resolveInstallation } from './resolve-installation.ts';
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
export function createGuardedStore(options: GuardedStoreOptions): GuardedStore & GuardedUsers {
  return new PrincipalStore(options);
}

const NO_ACCOUNTS: ReadonlyMap<number, AccountWrite> = new Map();

class PrincipalStore implements GuardedStore, GuardedUsers {
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
    return this.#writeOne({ kind: 'create', request });
  }

  async update(request: UpdateRequest): Promise<ParseObject> {
    return this.#writeOne({ kind: 'update', request });
  }

  async delete(request: DeleteRequest): Promise<ParseObject> {
    return this.#writeOne({ kind: 'delete', request });
  }

  async write(plan: WritePlan): Promise<readonly WrittenObject[]> {
    return this.writeUsers(plan, NO_ACCOUNTS);
  }

  assertMayWrite({ steps }: WritePlan): void {
    assertMayWrite(this.principal);
    for (const step of steps) this.#assertAllowed(step);
  }

  async writeUsers(
    plan: WritePlan,
    accounts: ReadonlyMap<number, AccountWrite>,
  ): Promise<readonly WrittenObject[]> {
    return this.#writeAll(plan, accounts, MOST_ATTEMPTS);
  }

  async #writeAll(
    { steps, links }: WritePlan,
    accounts: ReadonlyMap<number, AccountWrite>,
    attempts: number,
  ): Promise<readonly WrittenObject[]> {
    assertMayWrite(this.principal);
    const { steps: resolved, replaced } = await this.#resolved(steps);
    this.assertMayWrite({ steps: resolved, links });
    const narrowed: WriteStep[] = [];
    for (const [place, step] of resolved.entries()) {
      narrowed.push(withAccount(await this.#narrowStep(step), accounts.get(place)));
    }
    await this.#assertLinked(links);
    const written = narrowed.some(isImpossible)
      ? undefined
      : await this.#store.write([...narrowed, ...replaced]);
    if (written === undefined) {
      // What was to be replaced may have been replaced by another writer.
      if (replaced.length > 0 && attempts > 1) {
        return this.#writeAll({ steps, links }, accounts, attempts - 1);
      }
      throw (await this.#isConflict(resolved)) ? conflict() : this.#notWritable(resolved);
    }
    return resolved.flatMap((step, index) => {
      const object = written[index];
      return object === undefined ? [] : [this.#told(object, step)];
    });
  }

  /** What the steps mean where a class has rules of its own, and what is deleted for them. */
  async #resolved(
    steps: readonly WriteStep[],
  ): Promise<{ readonly steps: readonly WriteStep[]; readonly replaced: readonly WriteStep[] }> {
    if (!steps.some(isOfInstallation)) return { steps, replaced: [] };
    const found = await Promise.all(
      steps.map((step) => resolveInstallation(step, this.principal, this.#store)),
    );
    return {
      steps: found.map(({ step }) => step),
      replaced: found.flatMap(({ replaced }) => replaced),
    };
  }

  async writeEach(plans: readonly WritePlan[]): Promise<readonly PlanOutcome[]> {
    assertMayWrite(this.principal);
    const dangling = await this.#danglingLinks(plans.flatMap(({ links }) => links));
    const outcomes: PlanOutcome[] = [];
    const singles = new Map<number, WriteStep>();
    for (const [place, plan] of plans.entries()) {
      const { steps, links } = plan;
      const [only] = steps;
      const isSingle = steps.length === 1 && only !== undefined && !isOfInstallation(only);
      const outcome = await settled(async () => {
        const [missing] = links.filter((link) => dangling.has(keyOf(link)));
        if (missing !== undefined) throw linkNotFound(missing);
        if (!isSingle) return (await this.write({ steps, links: [] })).at(-1);
        this.#assertAllowed(only);
        const narrowed = await this.#narrowStep(only);
        if (isImpossible(narrowed)) throw this.#notWritable(steps);
        singles.set(place, narrowed);
        return undefined;
      });
      if (outcome !== undefined) outcomes[place] = outcome;
    }
    for (const [place, outcome] of await this.#writeSingles(singles, plans)) {
      outcomes[place] = outcome;
    }
    return outcomes;
  }

  /** Narrowed steps by the place of their plan → what became of each. */
  async #writeSingles(
    singles: ReadonlyMap<number, WriteStep>,
    plans: readonly WritePlan[],
  ): Promise<ReadonlyMap<number, PlanOutcome>> {
    const found = await this.#store.writeEach([...singles.values()]);
    const places = [...singles.keys()];
    const given = (place: number): readonly WriteStep[] => plans[place]?.steps ?? [];
    const lost = places.filter((_, index) => found[index]?.kind === 'notFound');
    const there = await this.#withoutCondition(lost.flatMap(given));
    return new Map(
      places.map((place, index): [number, PlanOutcome] => {
        const outcome = found[index];
        const steps = given(place);
        if (outcome?.kind === 'written') {
          return [place, { kind: 'written', written: this.#told(outcome.object, steps[0]) }];
        }
        if (outcome?.kind === 'refused') return [place, outcome];
        const error = steps.some((step) => there.has(step)) ? conflict() : this.#notWritable(steps);
        return [place, { kind: 'refused', error }];
      }),
    );
  }

  /** What was written, as the caller may see it; others are told that it was. */
  #told(object: ParseObject, step: WriteStep | undefined): WrittenObject {
    this.#onWritten(object.className, object.objectId);
    return this.#showWritten(object, shownColumns(step));
  }

  async #isConflict(steps: readonly WriteStep[]): Promise<boolean> {
    return (await this.#withoutCondition(steps)).size > 0;
  }

  /** Those of the conditional steps that could be taken if they had no condition. Cost: 1 command for each class and kind, else none. */
  async #withoutCondition(steps: readonly WriteStep[]): Promise<ReadonlySet<WriteStep>> {
    const groups = groupBy(steps.filter(isConditional), ({ kind, request }) =>
      JSON.stringify([request.className, kind]),
    );
    const there = new Set<WriteStep>();
    for (const group of groups.values()) {
      const [first] = group;
      if (first === undefined) continue;
      const { className } = first.request;
      const ids = group.flatMap(({ request }) => request.objectId ?? []);
      const rights = this.#isBound
        ? allOf(
            this.#narrowing.rowsFor(className, first.kind),
            this.#narrowing.rowsFor(className, 'get'),
          )
        : EVERYTHING;
      const found = await this.#store.find({
        className,
        where: allOf(hasObjectIdIn(ids), rights),
        order: [],
        page: firstRows(ids.length),
        select: new Set(),
        readPreference: undefined,
      });
      const foundIds = new Set(found.map(({ objectId }) => objectId));
      for (const step of group) if (foundIds.has(step.request.objectId ?? '')) there.add(step);
    }
    return there;
  }

  async mayUpdateUser(userId: string): Promise<boolean> {
    const className = '_User';
    assertMayWrite(this.principal);
    this.#assertKnowsUser(className);
    this.#narrowing.rowsFor(className, 'update');
    const where = await this.#guardOf({ className, guard: hasObjectId(userId) }, 'update');
    if (isNothing(where)) return false;
    return (await this.#store.count({ className, where, readPreference: undefined })) > 0;
  }

  async #writeOne(step: WriteStep): Promise<ParseObject> {
    const [written] = await this.write({ steps: [step], links: [] });
    if (written === undefined) throw new Error('a step was written and has no object');
    return written.object;
  }

  /** What can be refused without a look into the database. */
  #assertAllowed(step: WriteStep): void {
    const { kind, request } = step;
    const { className } = request;
    if (kind !== 'create') this.#assertKnowsUser(className);
    const schema = this.#schemaOf(className);
    this.#narrowing.rowsFor(className, kind);
    if (kind === 'create') assertCreatable(this.principal, schema, request);
    else if (kind === 'update') assertChangeable(this.principal, schema, request);
    assertNoDeniedKeyword(this.#rules.requestKeywordDenylist, step);
  }

  /** The step with the caller's rights in it. */
  async #narrowStep(step: WriteStep): Promise<WriteStep> {
    switch (step.kind) {
      case 'create': {
        const schema = this.#schemaOf(step.request.className);
        const parts = { schema, rules: this.#rules };
        return { ...step, request: withDefaultAcl(step.request, this.principal, parts) };
      }
      case 'update': {
        const guard = await this.#conditionOf(step.request, 'update');
        const select = this.#selectWritten(step.request);
        return { ...step, request: { ...step.request, guard, select } };
      }
      case 'delete': {
        const guard = await this.#conditionOf(step.request, 'delete');
        const select = this.#selectWritten(step.request);
        return { ...step, request: { ...step.request, guard, select } };
      }
    }
  }

  /** @throws GatewayError 101 for the first link that leads nowhere. */
  async #assertLinked(links: readonly Pointer[]): Promise<void> {
    const dangling = await this.#danglingLinks(links);
    const [missing] = links.filter((link) => dangling.has(keyOf(link)));
    if (missing !== undefined) throw linkNotFound(missing);
  }

  /** Keys of the links that lead nowhere. Cost: 1 command for each class that is linked to. */
  async #danglingLinks(links: readonly Pointer[]): Promise<ReadonlySet<string>> {
    const dangling = new Set(links.map(keyOf));
    const byClass = groupBy(links, ({ className }) => className);
    await Promise.all(
      [...byClass].map(async ([className, pointers]) => {
        const ids = [...new Set(pointers.map(({ objectId }) => objectId))];
        for (const id of await this.#linkable(className, ids))
          dangling.delete(`${className} ${id}`);
      }),
    );
    return dangling;
  }

  async #linkable(className: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (className !== '_User' || !this.#isBound) {
      return new Set(await this.#readableIds(className, ids));
    }
    // The caller is a user that exists.
    const own = this.principal.kind === 'user' ? this.principal.userId : undefined;
    const others = ids.filter((id) => id !== own);
    if (others.length === 0) return new Set(ids);
    const found = await this.#store.find({
      className,
      where: hasObjectIdIn(others),
      order: [],
      page: firstRows(others.length),
      select: new Set(),
      readPreference: undefined,
    });
    return new Set([...(own === undefined ? [] : [own]), ...found.map((user) => user.objectId)]);
  }

  async #read(request: FindRequest, operation: 'find' | 'get'): Promise<readonly ParseObject[]> {
    if (!this.#isBound) return this.#store.find(request);
    const narrowed = await this.#narrowFind(request, operation);
    if (isNothing(narrowed.where)) return [];
    const objects = await this.#store.find(narrowed);
    return this.#show(objects, request.className, request.select);
  }

  async #narrowFind(request: FindRequest, operation: 'find' | 'get'): Promise<FindRequest> {
    const order = this.#narrowing.order(request, request.order);
    const where = await this.#narrow(request, operation);
    const select = widenSelection(request.select, this.#columnsLookedAt(request.className));
    return { ...request, where, order, select };
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

  /** The guard of a write with the caller's rights in it. Whoever sets a condition must be allowed to see whether it holds. */
  async #conditionOf(
    request: { readonly className: string; readonly guard: Constraint },
    operation: 'update' | 'delete',
  ): Promise<Constraint> {
    const guard = await this.#guardOf(request, operation);
    if (request.guard === EVERYTHING || !this.#isBound) return guard;
    return allOf(guard, this.#narrowing.rowsFor(request.className, 'get'));
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
  #showWritten(object: ParseObject, select: Selection): WrittenObject {
    if (!this.#isBound) return { object, isReadable: true };
    const decision = decideClassAccess(this.principal, this.#schemaOf(object.className), 'get');
    const subjects = subjectsOf(this.principal) ?? [];
    const isReadable =
      decision.kind === 'allow' &&
      matches(allOf(decision.where, { kind: 'aclAllows', right: 'read', subjects }), object);
    if (isReadable) {
      const [shown = object] = this.#show([object], object.className, select);
      return { object: shown, isReadable };
    }
    this.#proofs.remove(object.className, object.objectId);
    const acl = { readers: [], writers: [] };
    return { object: { ...object, acl, values: new Map() }, isReadable };
  }

  #assertKnowsUser(className: string): void {
    if (className === '_User' && this.principal.kind === 'anonymous') {
      throw new GatewayError('SessionMissing', 'Permission denied');
    }
  }

  #notWritable(steps: readonly WriteStep[]): GatewayError {
    const className = steps.find(({ kind }) => kind !== 'create')?.request.className;
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

/** The step, with what account/ adds to a user once everything else of it was judged. */
function withAccount(step: WriteStep, account: AccountWrite | undefined): WriteStep {
  if (account === undefined || step.request.className !== '_User') return step;
  const { columns, guard } = account;
  switch (step.kind) {
    case 'create': {
      const values = new Map([...step.request.values, ...accountValues(columns)]);
      return { ...step, request: { ...step.request, values } };
    }
    case 'update': {
      const operations = new Map([...step.request.operations, ...accountOperations(columns)]);
      const both = allOf(step.request.guard, guard);
      return { ...step, request: { ...step.request, operations, guard: both } };
    }
    case 'delete':
      return step;
  }
}

/** The columns that the answer to a step needs. */
function shownColumns(step: WriteStep | undefined): Selection {
  return step === undefined || step.kind === 'create' ? 'all' : step.request.select;
}

function groupBy<T>(items: readonly T[], keyFor: (item: T) => string): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyFor(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

function isConditional(step: WriteStep): boolean {
  return step.kind !== 'create' && step.request.guard !== EVERYTHING;
}

function linkNotFound({ className, objectId }: Pointer): GatewayError {
  return new GatewayError('ObjectNotFound', `Object not found: ${className} ${objectId}`);
}

/** The outcome, with a refusal as a value; `undefined` when there is none yet. @throws whatever is no refusal of one plan alone. */
async function settled(
  write: () => Promise<WrittenObject | undefined>,
): Promise<PlanOutcome | undefined> {
  try {
    const written = await write();
    return written === undefined ? undefined : { kind: 'written', written };
  } catch (error) {
    if (error instanceof GatewayError && error.code !== 'ServiceUnavailable') {
      return { kind: 'refused', error };
    }
    throw error;
  }
}

/** How often a write that takes the place of other rows looks for them. */
const MOST_ATTEMPTS = 3;

function isOfInstallation({ request }: WriteStep): boolean {
  return request.className === '_Installation';
}

function isImpossible(step: WriteStep): boolean {
  return step.kind !== 'create' && isNothing(step.request.guard);
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
