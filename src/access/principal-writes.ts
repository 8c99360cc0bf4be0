import { GatewayError, conflict, objectNotFound } from '../parse/errors.ts';
import type { ParseObject } from '../parse/object.ts';
import {
  EVERYTHING,
  allOf,
  hasObjectId,
  hasObjectIdIn,
  isNothing,
  type Constraint,
} from '../query/constraint.ts';
import { firstRows, type Selection } from '../query/find-request.ts';
import { groupBy } from '../query/group-by.ts';
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
import { widenSelection } from './column-rule.ts';
import { assertNoDeniedKeyword } from './denied-keywords.ts';
import type { PlanOutcome, WritePlan, WrittenObject } from './guarded-store.ts';
import type { AccountWrite } from './guarded-users.ts';
import {
  assertChangeable,
  assertCreatable,
  assertMayWrite,
  withDefaultAcl,
} from './guarded-writes.ts';
import { assertLinked, danglingLinks, linkNotFound } from './linked-objects.ts';
import { keyOf } from './pointer-key.ts';
import type { PrincipalReads } from './principal-reads.ts';
import { settlePlan } from './settle-plan.ts';
import { subjectsOf, type Principal } from './principal.ts';
import { resolveInstallation } from './resolve-installation.ts';

/** Where a principal writes, by which rules, and who is told. */
export interface WritingParts {
  readonly store: ObjectStore;
  readonly rules: AccessRules;
  readonly reads: PrincipalReads;
  readonly onWritten: (className: string, objectId: string) => void;
}

const NO_ACCOUNTS: ReadonlyMap<number, AccountWrite> = new Map();

/** How often a write that takes the place of other rows looks for them. */
const MOST_ATTEMPTS = 3;

/** The writing half of a `GuardedStore`. */
export class PrincipalWrites {
  readonly #principal: Principal;
  readonly #store: ObjectStore;
  readonly #rules: AccessRules;
  readonly #reads: PrincipalReads;
  readonly #onWritten: (className: string, objectId: string) => void;

  constructor({ store, rules, reads, onWritten }: WritingParts) {
    this.#principal = reads.principal;
    this.#store = store;
    this.#rules = rules;
    this.#reads = reads;
    this.#onWritten = onWritten;
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
    assertMayWrite(this.#principal);
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
    assertMayWrite(this.#principal);
    const { steps: resolved, replaced } = await this.#resolved(steps);
    this.assertMayWrite({ steps: resolved, links });
    const narrowed: WriteStep[] = [];
    for (const [place, step] of resolved.entries()) {
      narrowed.push(withAccount(await this.#narrowStep(step), accounts.get(place)));
    }
    await assertLinked(links, this.#reads, this.#store);
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
      steps.map((step) => resolveInstallation(step, this.#principal, this.#store)),
    );
    return {
      steps: found.map(({ step }) => step),
      replaced: found.flatMap(({ replaced }) => replaced),
    };
  }

  async writeEach(plans: readonly WritePlan[]): Promise<readonly PlanOutcome[]> {
    assertMayWrite(this.#principal);
    const dangling = await danglingLinks(
      plans.flatMap(({ links }) => links),
      this.#reads,
      this.#store,
    );
    const outcomes: PlanOutcome[] = [];
    const singles = new Map<number, WriteStep>();
    for (const [place, plan] of plans.entries()) {
      const { steps, links } = plan;
      const [only] = steps;
      const isSingle = steps.length === 1 && only !== undefined && !isOfInstallation(only);
      const outcome = await settlePlan(async () => {
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
      const rights = this.#reads.isBound
        ? allOf(
            this.#reads.narrowing.rowsFor(className, first.kind),
            this.#reads.narrowing.rowsFor(className, 'get'),
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
    assertMayWrite(this.#principal);
    this.#assertKnowsUser(className);
    this.#reads.narrowing.rowsFor(className, 'update');
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
    const schema = this.#reads.schemaOf(className);
    this.#reads.narrowing.rowsFor(className, kind);
    if (kind === 'create') assertCreatable(this.#principal, schema, request);
    else if (kind === 'update') assertChangeable(this.#principal, schema, request);
    assertNoDeniedKeyword(this.#rules.requestKeywordDenylist, step);
  }

  /** The step with the caller's rights in it. */
  async #narrowStep(step: WriteStep): Promise<WriteStep> {
    switch (step.kind) {
      case 'create': {
        const schema = this.#reads.schemaOf(step.request.className);
        const parts = { schema, rules: this.#rules };
        return { ...step, request: withDefaultAcl(step.request, this.#principal, parts) };
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

  #guardOf(
    { className, guard }: { readonly className: string; readonly guard: Constraint },
    operation: 'update' | 'delete',
  ): Constraint | Promise<Constraint> {
    return this.#reads.isBound ? this.#reads.narrow({ className, where: guard }, operation) : guard;
  }

  /** The guard of a write with the caller's rights in it. Whoever sets a condition must be allowed to see whether it holds. */
  async #conditionOf(
    request: { readonly className: string; readonly guard: Constraint },
    operation: 'update' | 'delete',
  ): Promise<Constraint> {
    const guard = await this.#guardOf(request, operation);
    if (request.guard === EVERYTHING || !this.#reads.isBound) return guard;
    return allOf(guard, this.#reads.narrowing.rowsFor(request.className, 'get'));
  }

  #selectWritten({ className, select }: UpdateRequest | DeleteRequest): Selection {
    return this.#reads.isBound
      ? widenSelection(select, this.#reads.columnsLookedAt(className))
      : select;
  }

  /** Who may write need not be allowed to read: then only id and times are told. */
  #showWritten(object: ParseObject, select: Selection): WrittenObject {
    if (!this.#reads.isBound) return { object, isReadable: true };
    const decision = decideClassAccess(
      this.#principal,
      this.#reads.schemaOf(object.className),
      'get',
    );
    const subjects = subjectsOf(this.#principal) ?? [];
    const isReadable =
      decision.kind === 'allow' &&
      matches(allOf(decision.where, { kind: 'aclAllows', right: 'read', subjects }), object);
    if (isReadable) {
      const [shown = object] = this.#reads.show([object], object.className, select);
      return { object: shown, isReadable };
    }
    this.#reads.forget(object);
    const acl = { readers: [], writers: [] };
    return { object: { ...object, acl, values: new Map() }, isReadable };
  }

  #assertKnowsUser(className: string): void {
    if (className === '_User' && this.#principal.kind === 'anonymous') {
      throw new GatewayError('SessionMissing', 'Permission denied');
    }
  }

  #notWritable(steps: readonly WriteStep[]): GatewayError {
    const className = steps.find(({ kind }) => kind !== 'create')?.request.className;
    return className === '_User' && this.#reads.isBound
      ? new GatewayError('SessionMissing', 'Permission denied')
      : objectNotFound();
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

function isConditional(step: WriteStep): boolean {
  return step.kind !== 'create' && step.request.guard !== EVERYTHING;
}

function isOfInstallation({ request }: WriteStep): boolean {
  return request.className === '_Installation';
}

function isImpossible(step: WriteStep): boolean {
  return step.kind !== 'create' && isNothing(step.request.guard);
}
