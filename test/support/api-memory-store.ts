import type { ParseObject } from '../../src/parse/object.ts';
import { GatewayError } from '../../src/parse/errors.ts';
import { PUBLIC_ACL } from '../../src/parse/acl.ts';
import { Pointer, type ParseValue } from '../../src/parse/values.ts';
import { columnValue, followPath } from '../../src/query/follow-path.ts';
import { matches } from '../../src/query/matches.ts';
import type { Constraint } from '../../src/query/constraint.ts';
import type {
  CountRequest,
  FindRequest,
  KeysetPosition,
  Link,
  OrderKey,
  Page,
  RelatedCountRequest,
  RelatedCounts,
  RelatedPages,
  RelatedRequest,
  Selection,
} from '../../src/query/find-request.ts';
import { compareStored, storedColumn } from '../../src/query/stored-value.ts';
import type {
  CreateRequest,
  DeleteRequest,
  FieldOperation,
  StepOutcome,
  UpdateRequest,
  WriteStep,
} from '../../src/query/write-request.ts';
import { eachLink } from '../../src/storage/mongo/related-query.ts';
import type { ObjectStore } from '../../src/storage/object-store.ts';

/** One request that reached the store: in production, one database command. */
export interface StoreCall {
  readonly method: keyof ObjectStore;
  readonly className: string;
  readonly request: unknown;
}

/** The columns of one object; pointers as `Pointer`s. */
export type Columns = Readonly<Record<string, ParseValue>>;

/**
 * NOT a product part: an `ObjectStore` in memory, for tests of `api/` and `loaders/` alone, which ask what is requested and how
 * often. What the database answers is tested against the database itself.
 */
export class ApiMemoryStore implements ObjectStore {
  readonly calls: StoreCall[] = [];
  /** Set to make the next request of one class fail. */
  failure: { readonly className: string; readonly error: Error } | undefined;
  readonly #objects = new Map<string, Map<string, ParseObject>>();
  readonly #relations = new Map<string, Set<string>>();
  #made = 0;

  /** Puts an object there, unseen by `calls`. */
  put(className: string, objectId: string, columns: Columns = {}): Pointer {
    this.#made += 1;
    const at = new Date(Date.UTC(2024, 0, 1) + this.#made * 1000);
    const values = new Map(Object.entries(columns));
    this.#keep({ className, objectId, createdAt: at, updatedAt: at, acl: PUBLIC_ACL, values });
    return new Pointer(className, objectId);
  }

  /** Puts rows of a relation there, unseen by `calls`. */
  relate(owner: Pointer, field: string, ...objectIds: readonly string[]): void {
    const ids = this.#related(
      { kind: 'relation', ownerClass: owner.className, field },
      owner.objectId,
    );
    for (const id of objectIds) ids.add(id);
  }

  /** `find Team`, `findRelated Employee` …, in the order they came. */
  get commands(): readonly string[] {
    return this.calls.map(({ method, className }) => `${method} ${className}`);
  }

  find(request: FindRequest): Promise<readonly ParseObject[]> {
    return this.#answer('find', request.className, request, () =>
      paged(this.#matching(request), request).map((object) => selected(object, request.select)),
    );
  }

  count(request: CountRequest): Promise<number> {
    return this.#answer('count', request.className, request, () => this.#matching(request).length);
  }

  findRelated(requests: readonly RelatedRequest[]): readonly Promise<RelatedPages>[] {
    const readOf = ({ find }: RelatedRequest): FindRequest => find;
    return eachLink(requests, readOf, (together) =>
      this.#answerEach('findRelated', together, readOf, ({ link, ownerIds, find }) => {
        const all = this.#matching(find);
        return new Map(
          ownerIds.map((ownerId) => {
            const own = all.filter((object) => this.#isChild(object, link, ownerId));
            return [ownerId, paged(own, find).map((object) => selected(object, find.select))];
          }),
        );
      }),
    );
  }

  countRelated(requests: readonly RelatedCountRequest[]): readonly Promise<RelatedCounts>[] {
    const readOf = ({ count }: RelatedCountRequest): CountRequest => count;
    return eachLink(requests, readOf, (together) =>
      this.#answerEach('countRelated', together, readOf, ({ link, ownerIds, count }) => {
        const all = this.#matching(count);
        return new Map(
          ownerIds.map((ownerId) => {
            return [ownerId, all.filter((each) => this.#isChild(each, link, ownerId)).length];
          }),
        );
      }),
    );
  }

  create(request: CreateRequest): Promise<ParseObject> {
    const { className, values, acl } = request;
    return this.#answer('create', className, request, () => {
      this.#made += 1;
      const objectId = request.objectId ?? `new${this.#made}`;
      const at = new Date(Date.UTC(2025, 0, 1) + this.#made * 1000);
      const object = { className, objectId, createdAt: at, updatedAt: at, acl, values };
      this.#keep(object);
      for (const [field, { add }] of request.relations) {
        this.relate(new Pointer(className, objectId), field, ...add);
      }
      return object;
    });
  }

  update(request: UpdateRequest): Promise<ParseObject | undefined> {
    const { className, objectId } = request;
    return this.#answer('update', className, request, () => {
      const before = this.#objects.get(className)?.get(objectId);
      if (before === undefined || !this.#holds(request.guard, before)) return undefined;
      const values = new Map(before.values);
      for (const [field, operation] of request.operations) {
        this.#apply(before, field, operation, values);
      }
      const after = { ...before, values, acl: request.acl ?? before.acl };
      this.#keep(after);
      return selected(after, request.select);
    });
  }

  delete(request: DeleteRequest): Promise<ParseObject | undefined> {
    const { className, objectId } = request;
    return this.#answer('delete', className, request, () => {
      const before = this.#objects.get(className)?.get(objectId);
      if (before === undefined || !this.#holds(request.guard, before)) return undefined;
      this.#objects.get(className)?.delete(objectId);
      return selected(before, request.select);
    });
  }

  /** Each step as its own call; whole or not at all only as far as ids and guards go. */
  async write(steps: readonly WriteStep[]): Promise<readonly ParseObject[] | undefined> {
    const isLost = ({ kind, request }: WriteStep): boolean => {
      if (kind === 'create') return false;
      const object = this.#objects.get(request.className)?.get(request.objectId);
      return object === undefined || !this.#holds(request.guard, object);
    };
    if (steps.length > 1 && steps.some(isLost)) return undefined;
    const written: ParseObject[] = [];
    for (const { kind, request } of steps) {
      const object = await (kind === 'create'
        ? this.create(request)
        : kind === 'update'
          ? this.update(request)
          : this.delete(request));
      if (object === undefined) return undefined;
      written.push(object);
    }
    return written;
  }

  async writeEach(steps: readonly WriteStep[]): Promise<readonly StepOutcome[]> {
    const outcomes: StepOutcome[] = [];
    for (const step of steps) {
      try {
        const [object] = (await this.write([step])) ?? [];
        outcomes.push(object === undefined ? { kind: 'notFound' } : { kind: 'written', object });
      } catch (error) {
        if (!(error instanceof GatewayError)) throw error;
        outcomes.push({ kind: 'refused', error });
      }
    }
    return outcomes;
  }

  #apply(
    { className, objectId }: ParseObject,
    field: string,
    operation: FieldOperation,
    values: Map<string, ParseValue>,
  ): void {
    switch (operation.kind) {
      case 'set':
        values.set(field, operation.value);
        return;
      case 'unset':
        values.delete(field);
        return;
      case 'relate': {
        const ids = this.#related({ kind: 'relation', ownerClass: className, field }, objectId);
        if (operation.remove === 'others') ids.clear();
        for (const id of operation.add) ids.add(id);
        for (const id of operation.remove === 'others' ? [] : operation.remove) ids.delete(id);
        return;
      }
      default:
        throw new Error(`the memory store has no ${operation.kind}`);
    }
  }

  /** Requests of one link, as one call. */
  #answerEach<Request, Value>(
    method: keyof ObjectStore,
    together: readonly Request[],
    readOf: (request: Request) => CountRequest,
    answer: (request: Request) => Value,
  ): readonly Promise<Value>[] {
    const [first] = together;
    if (first === undefined) return [];
    const [className] = together.map((request) => readOf(request).className);
    const request = together.length === 1 ? first : together;
    const answered = this.#answer(method, String(className), request, () => undefined);
    return together.map(async (each) => {
      await answered;
      return answer(each);
    });
  }

  async #answer<Value>(
    method: keyof ObjectStore,
    className: string,
    request: unknown,
    answer: () => Value,
  ): Promise<Value> {
    this.calls.push({ method, className, request });
    // As over a socket: answers of requests made together come at different turns of the event loop.
    await new Promise((resolve) => setTimeout(resolve, (this.calls.length % 4) * 2));
    if (this.failure?.className === className) throw this.failure.error;
    return answer();
  }

  #keep(object: ParseObject): void {
    const objects = this.#objects.get(object.className) ?? new Map<string, ParseObject>();
    objects.set(object.objectId, object);
    this.#objects.set(object.className, objects);
  }

  #matching({
    className,
    where,
  }: Pick<FindRequest, 'className' | 'where'>): readonly ParseObject[] {
    return [...(this.#objects.get(className)?.values() ?? [])].filter((each) =>
      this.#holds(where, each),
    );
  }

  #isChild(object: ParseObject, link: Link, ownerId: string): boolean {
    if (link.kind === 'relation') return this.#related(link, ownerId).has(object.objectId);
    const value = object.values.get(link.field);
    return (
      value instanceof Pointer && value.className === link.ownerClass && value.objectId === ownerId
    );
  }

  #related({ kind, ownerClass, field }: Link, ownerId: string): Set<string> {
    if (kind === 'inverse') throw new Error('an inverse link is read from its own column');
    const key = `${ownerClass}.${field}.${ownerId}`;
    const ids = this.#relations.get(key) ?? new Set();
    this.#relations.set(key, ids);
    return ids;
  }

  #holds(constraint: Constraint, object: ParseObject): boolean {
    switch (constraint.kind) {
      case 'and':
        return constraint.parts.every((part) => this.#holds(part, object));
      case 'or':
        return constraint.parts.some((part) => this.#holds(part, object));
      case 'nor':
        return !constraint.parts.some((part) => this.#holds(part, object));
      case 'pointerTo': {
        const { field, targetClass, where, isNegated } = constraint;
        const value = object.values.get(field);
        const targets = this.#matching({ className: targetClass, where });
        const isThere =
          value instanceof Pointer && targets.some((each) => each.objectId === value.objectId);
        return isThere !== isNegated;
      }
      case 'relationTo': {
        const { field, targetClass, where, isNegated } = constraint;
        const link: Link = { kind: 'relation', ownerClass: object.className, field };
        const ids = this.#related(link, object.objectId);
        const targets = this.#matching({ className: targetClass, where });
        return targets.some((each) => ids.has(each.objectId)) !== isNegated;
      }
      case 'inQueryKey':
      case 'notInQueryKey': {
        const { column, query, kind } = constraint;
        const values = this.#matching(query).flatMap((each) => followPath(each, query.key) ?? []);
        const own = followPath(object, column);
        return values.some((value) => value === own) === (kind === 'inQueryKey');
      }
      case 'near':
        return true;
      default:
        return matches(constraint, object);
    }
  }
}

function paged(
  objects: readonly ParseObject[],
  { order, page }: FindRequest,
): readonly ParseObject[] {
  const sorted = [...objects].sort((left, right) =>
    compareBy(order, left, positionIn(right, order)),
  );
  const between = sorted.filter(
    (object) =>
      (page.after === undefined || compareBy(order, object, page.after) > 0) &&
      (page.before === undefined || compareBy(order, object, page.before) < 0),
  );
  return cut(between.slice(page.skip), page);
}

function cut(objects: readonly ParseObject[], { limit, fromEnd }: Page): readonly ParseObject[] {
  if (!fromEnd) return objects.slice(0, limit);
  return objects.slice(Math.max(0, objects.length - limit));
}

function positionIn(object: ParseObject, order: readonly OrderKey[]): KeysetPosition {
  return order.map(({ column }) => columnValue(object, column.name));
}

function compareBy(
  order: readonly OrderKey[],
  object: ParseObject,
  position: KeysetPosition,
): number {
  for (const [index, { column, direction }] of order.entries()) {
    const left = storedColumn(columnValue(object, column.name) ?? null);
    const difference = compareStored(left, storedColumn(position[index] ?? null));
    if (difference !== 0) return direction === 'ascending' ? difference : -difference;
  }
  return 0;
}

function selected(object: ParseObject, select: Selection): ParseObject {
  if (select === 'all') return object;
  return { ...object, values: new Map([...object.values].filter(([name]) => select.has(name))) };
}
