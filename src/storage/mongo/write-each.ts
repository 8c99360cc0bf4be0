import { GatewayError } from '../../parse/errors.ts';
import { addToGroup } from '../../query/group-by.ts';
import type { StepOutcome, WriteStep } from '../../query/write-request.ts';
import type { ClassReader } from './class-reader.ts';
import type { StoredDocument } from './document.ts';
import type { RowCommands } from './row-commands.ts';
import { compileStep, type RowAction, type StoredStep, writtenObject } from './stored-step.ts';
import { sendSteps, type WriteAbilities } from './write-steps.ts';

/** What several steps are sent through. */
interface Sending {
  readonly reader: ClassReader;
  readonly abilities: WriteAbilities;
}

/** A step, where it stands among those that were given, how it is sent, and the time at which it is taken. */
interface PlacedStep {
  readonly place: number;
  readonly given: WriteStep;
  readonly stored: StoredStep;
  readonly now: Date;
}

const NOT_FOUND: StepOutcome = { kind: 'notFound' };

/** Steps sent one by one go so many at a time. */
const AT_A_TIME = 8;

/**
 * Takes each step for itself: one that is refused or finds nothing leaves the others as they are. No two change the same object.
 *
 * Steps of one kind on one class go together: creations in 1 command; changes in 2, the second of which reads the changed
 * objects, and in 4 more when one of them finds no object; deletions in 2; changes and deletions in a transaction, 1 more to
 * commit. Steps with relation rows, those of a server without transactions that are no creations, and changes of which the
 * database refuses one, go one by one. +1 command for each nested query of a guard.
 */
export async function writeEach(
  sending: Sending,
  steps: readonly WriteStep[],
): Promise<readonly StepOutcome[]> {
  const now = new Date();
  const outcomes: StepOutcome[] = steps.map(() => NOT_FOUND);
  const groups = new Map<string, PlacedStep[]>();
  await Promise.all(
    steps.map(async (given, place) => {
      try {
        const stored = await compileStep(given, sending.reader, now);
        const own = stored.joins.length > 0 ? ` ${place}` : '';
        const key = `${stored.action.kind} ${stored.className}${own}`;
        addToGroup(groups, key, { place, given, stored, now });
      } catch (error) {
        outcomes[place] = refused(error);
      }
    }),
  );
  for (const group of groups.values()) {
    for (const [place, outcome] of await writeGroup(sending, group)) outcomes[place] = outcome;
  }
  return outcomes;
}

type PlacedOutcomes = ReadonlyMap<number, StepOutcome>;

/** Steps of one kind on one class. */
async function writeGroup(sending: Sending, group: readonly PlacedStep[]): Promise<PlacedOutcomes> {
  const [first] = group;
  if (first === undefined) return new Map();
  if (group.length === 1) return oneByOne(sending, group);
  const { kind } = first.stored.action;
  if (kind === 'insert') return insertGroup(sending.reader.commands, group);
  if (!sending.abilities.hasTransactions) return oneByOne(sending, group);
  const { commands } = sending.reader;
  try {
    if (kind === 'delete') return await commands.transaction((all) => deleteGroup(all, group));
    return (
      (await changedWhole(commands, group)) ??
      (await commands.transaction((all) => updateThere(all, group)))
    );
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'ServiceUnavailable') throw error;
    return oneByOne(sending, group);
  }
}

async function insertGroup(
  commands: RowCommands,
  group: readonly PlacedStep[],
): Promise<PlacedOutcomes> {
  const rows = actionsOf('insert', group).map(({ row }) => row);
  const refusals = await commands.insertEach(classOf(group), rows);
  return new Map(
    group.map(({ place, stored }, index) => {
      const error = refusals.get(index);
      const row = rows[index];
      return [
        place,
        error !== undefined || row === undefined
          ? refused(error)
          : { kind: 'written', object: writtenObject(stored, row) },
      ];
    }),
  );
}

/** Ends a transaction in which a change found no row: the server does not say which one. */
class SomeNotFound extends GatewayError {
  constructor() {
    super('ObjectNotFound', 'Object not found.');
  }
}

/** `undefined`, and nothing changed, when a change finds no row. */
async function changedWhole(
  commands: RowCommands,
  group: readonly PlacedStep[],
): Promise<PlacedOutcomes | undefined> {
  try {
    return await commands.transaction(async (all) => {
      const rows = await updateRows(all, group);
      return outcomesOf(group, byId(rows, group.map(idOf)));
    });
  } catch (error) {
    if (error instanceof SomeNotFound) return undefined;
    throw error;
  }
}

/** Looks first which of the rows are there; a transaction sees them stay. */
async function updateThere(
  commands: RowCommands,
  group: readonly PlacedStep[],
): Promise<PlacedOutcomes> {
  const there = await stepsThere(commands, group);
  const rows = there.length === 0 ? [] : await updateRows(commands, there);
  return outcomesOf(group, byId(rows, there.map(idOf)));
}

/** The rows as the changes leave them. @throws SomeNotFound */
async function updateRows(
  commands: RowCommands,
  group: readonly PlacedStep[],
): Promise<readonly StoredDocument[]> {
  const changes = actionsOf('update', group);
  const changed = await commands.updateEach(classOf(group), changes);
  if (changed !== changes.length) throw new SomeNotFound();
  const projection = changes[0]?.projection;
  return commands.find(classOf(group), { _id: { $in: group.map(idOf) } }, { projection });
}

async function deleteGroup(
  commands: RowCommands,
  group: readonly PlacedStep[],
): Promise<PlacedOutcomes> {
  const deletions = actionsOf('delete', group);
  const filters = deletions.map(({ filter }) => filter);
  const projection = deletions[0]?.projection;
  const rows = await commands.find(classOf(group), { $or: filters }, { projection });
  const ids = rows.map((row) => row['_id']);
  const deleted =
    ids.length === 0 ? 0 : await commands.deleteCounted(classOf(group), { _id: { $in: ids } });
  if (deleted !== ids.length) throw new Error('a row went away inside of a transaction');
  return outcomesOf(group, byId(rows, group.map(idOf)));
}

/** Those whose filter finds a row. */
async function stepsThere(
  commands: RowCommands,
  group: readonly PlacedStep[],
): Promise<readonly PlacedStep[]> {
  const filters = actionsOf('update', group).map(({ filter }) => filter);
  const rows = await commands.find(classOf(group), { $or: filters }, { projection: { _id: 1 } });
  const ids = new Set(rows.map((row) => row['_id']));
  return group.filter((step) => ids.has(idOf(step)));
}

async function oneByOne(
  { reader, abilities }: Sending,
  group: readonly PlacedStep[],
): Promise<PlacedOutcomes> {
  const outcomes = new Map<number, StepOutcome>();
  const waiting = group.values();
  const worker = async (): Promise<void> => {
    for (const { place, stored, now } of waiting) {
      try {
        const [object] = (await sendSteps(reader, { steps: [stored], now }, abilities)) ?? [];
        outcomes.set(place, object === undefined ? NOT_FOUND : { kind: 'written', object });
      } catch (error) {
        outcomes.set(place, refused(error));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return outcomes;
}

function outcomesOf(
  group: readonly PlacedStep[],
  rows: ReadonlyMap<string, StoredDocument>,
): PlacedOutcomes {
  return new Map(
    group.map((step) => {
      const row = rows.get(idOf(step));
      return [
        step.place,
        row === undefined
          ? NOT_FOUND
          : { kind: 'written', object: writtenObject(step.stored, row) },
      ];
    }),
  );
}

function byId(
  rows: readonly StoredDocument[],
  ids: readonly string[],
): ReadonlyMap<string, StoredDocument> {
  const byStored = new Map(rows.map((row) => [row['_id'], row]));
  return new Map(
    ids.flatMap((id) => {
      const row = byStored.get(id);
      return row === undefined ? [] : [[id, row] as const];
    }),
  );
}

function actionsOf<K extends RowAction['kind']>(
  kind: K,
  group: readonly PlacedStep[],
): readonly ActionOfKind<K>[] {
  const isOfKind = (action: RowAction): action is ActionOfKind<K> => action.kind === kind;
  return group.map(({ stored }) => stored.action).filter(isOfKind);
}

type ActionOfKind<K extends RowAction['kind']> = Extract<RowAction, { readonly kind: K }>;

function idOf({ given }: PlacedStep): string {
  return given.request.objectId ?? '';
}

function classOf([first]: readonly PlacedStep[]): string {
  if (first === undefined) throw new Error('a group without steps');
  return first.stored.className;
}

/** @throws the error when it is none of one step alone. */
function refused(error: unknown): StepOutcome {
  if (error instanceof GatewayError && error.code !== 'ServiceUnavailable') {
    return { kind: 'refused', error };
  }
  throw error;
}
