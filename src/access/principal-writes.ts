import { conflict } from '../parse/errors.ts';
import type { ParseObject } from '../parse/object.ts';
import { allOf, hasObjectId, isNothing } from '../query/constraint.ts';
import type {
  CreateRequest,
  DeleteRequest,
  UpdateRequest,
  WriteStep,
} from '../query/write-request.ts';
import { accountOperations, accountValues } from '../storage/account-columns.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { PlanOutcome, WritePlan, WrittenObject } from './guarded-store.ts';
import type { AccountWrite } from './guarded-users.ts';
import { assertMayWrite } from './guarded-writes.ts';
import { assertLinked } from './linked-objects.ts';
import { notWritable, stoppedByCondition } from './lost-steps.ts';
import {
  assertKnowsUser,
  assertStepAllowed,
  isImpossible,
  narrowGuard,
  narrowStep,
  type StepJudge,
} from './narrow-step.ts';
import type { PrincipalReads } from './principal-reads.ts';
import { isOfInstallation, resolveInstallation } from './resolve-installation.ts';
import { showWritten } from './show-written.ts';
import { writeEach } from './write-each.ts';

/** Where a principal writes, by which rules, and who is told. */
export interface WritingParts extends StepJudge {
  readonly store: ObjectStore;
  readonly onWritten: (className: string, objectId: string) => void;
}

const NO_ACCOUNTS: ReadonlyMap<number, AccountWrite> = new Map();

/** How often a write that takes the place of other rows looks for them. */
const MOST_ATTEMPTS = 3;

/** The writing half of a `GuardedStore`. */
export class PrincipalWrites {
  readonly #store: ObjectStore;
  readonly #judge: StepJudge;
  readonly #reads: PrincipalReads;
  readonly #onWritten: (className: string, objectId: string) => void;

  constructor({ store, rules, reads, onWritten }: WritingParts) {
    this.#store = store;
    this.#judge = { reads, rules };
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
    assertMayWrite(this.#reads.principal);
    for (const step of steps) assertStepAllowed(step, this.#judge);
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
    assertMayWrite(this.#reads.principal);
    const { steps: resolved, replaced } = await this.#resolved(steps);
    this.assertMayWrite({ steps: resolved, links });
    const narrowed: WriteStep[] = [];
    for (const [place, step] of resolved.entries()) {
      narrowed.push(withAccount(await narrowStep(step, this.#judge), accounts.get(place)));
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
      const stopped = await stoppedByCondition(resolved, this.#reads, this.#store);
      throw stopped.size > 0 ? conflict() : notWritable(resolved, this.#reads);
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
      steps.map((step) => resolveInstallation(step, this.#reads.principal, this.#store)),
    );
    return {
      steps: found.map(({ step }) => step),
      replaced: found.flatMap(({ replaced }) => replaced),
    };
  }

  async writeEach(plans: readonly WritePlan[]): Promise<readonly PlanOutcome[]> {
    assertMayWrite(this.#reads.principal);
    const parts = {
      ...this.#judge,
      store: this.#store,
      writeWhole: (plan: WritePlan) => this.write(plan),
      tell: (object: ParseObject, step: WriteStep | undefined) => this.#told(object, step),
    };
    return writeEach(parts, plans);
  }

  /** What was written, as the caller may see it; others are told that it was. */
  #told(object: ParseObject, step: WriteStep | undefined): WrittenObject {
    this.#onWritten(object.className, object.objectId);
    return showWritten(object, step, this.#reads);
  }

  async mayUpdateUser(userId: string): Promise<boolean> {
    const className = '_User';
    assertMayWrite(this.#reads.principal);
    assertKnowsUser(className, this.#reads);
    this.#reads.narrowing.rowsFor(className, 'update');
    const where = await narrowGuard(
      { className, guard: hasObjectId(userId) },
      'update',
      this.#reads,
    );
    if (isNothing(where)) return false;
    return (await this.#store.count({ className, where, readPreference: undefined })) > 0;
  }

  async #writeOne(step: WriteStep): Promise<ParseObject> {
    const [written] = await this.write({ steps: [step], links: [] });
    if (written === undefined) throw new Error('a step was written and has no object');
    return written.object;
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
