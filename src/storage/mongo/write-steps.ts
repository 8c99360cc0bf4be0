import { GatewayError } from '../../parse/errors.ts';
import type { ParseObject } from '../../parse/object.ts';
import { addToGroup } from '../../query/group-by.ts';
import type { WriteStep } from '../../query/write-request.ts';
import type { ClassReader } from './class-reader.ts';
import type { StoredDocument } from './document.ts';
import { writeJoined, type JoinChange } from './join-rows.ts';
import type { RowCommands } from './row-commands.ts';
import { changeRow, compileStep, type StoredStep, writtenObject } from './stored-step.ts';

/** What the server can do that decides how several documents are written as one. */
export interface WriteAbilities {
  readonly hasTransactions: boolean;
}

/** Everything that is to be sent, in the order in which it is. */
interface StoredWrite extends CompiledSteps {
  /** Class → the rows it gets: 1 command each. */
  readonly inserts: ReadonlyMap<string, readonly StoredDocument[]>;
  /** Join collection → changes. */
  readonly joins: ReadonlyMap<string, readonly JoinChange[]>;
}

/** Undoes one thing that was done. */
type Undo = () => Promise<void>;

/**
 * Takes all steps or none: the object of each, or `undefined` when an update or a delete found none.
 *
 * First all inserts, a command for each class; then the changes in their order; then relation rows, a command or two for each
 * column. More than one document is a transaction (+1 command) where the server has them. Where not, what was inserted is
 * deleted again when a later command fails; a process that dies between two commands leaves them half done.
 */
export async function writeSteps(
  reader: ClassReader,
  steps: readonly WriteStep[],
  abilities: WriteAbilities,
): Promise<readonly ParseObject[] | undefined> {
  const now = new Date();
  const compiled = await Promise.all(steps.map((step) => compileStep(step, reader, now)));
  return sendSteps(reader, { steps: compiled, now }, abilities);
}

/** Steps that stand in their stored forms, and the time at which they are taken. */
export interface CompiledSteps {
  readonly steps: readonly StoredStep[];
  readonly now: Date;
}

/** As `writeSteps`, without compiling them. */
export async function sendSteps(
  reader: ClassReader,
  compiled: CompiledSteps,
  { hasTransactions }: WriteAbilities,
): Promise<readonly ParseObject[] | undefined> {
  const write = arranged(compiled);
  const { commands } = reader;
  try {
    if (documentsOf(write) < 2) return await run(write, commands, []);
    if (hasTransactions) return await commands.transaction((within) => run(write, within, []));
    return await runUndoing(write, reader);
  } catch (error) {
    if (error instanceof NothingFound) return undefined;
    throw error;
  }
}

/** Ends a write whose change found no row. */
class NothingFound extends GatewayError {
  constructor() {
    super('ObjectNotFound', 'Object not found.');
  }
}

function arranged({ steps, now }: CompiledSteps): StoredWrite {
  const inserts = new Map<string, StoredDocument[]>();
  const joins = new Map<string, JoinChange[]>();
  for (const { className, action, joins: own } of steps) {
    if (action.kind === 'insert') addToGroup(inserts, className, action.row);
    for (const { name, ...change } of own) addToGroup(joins, name, change);
  }
  return { steps, inserts, joins, now };
}

/** How many are written. A command is atomic for one document only: an insert of several can stop between two of them. */
function documentsOf({ steps, joins }: StoredWrite): number {
  return steps.length + joins.size;
}

/** Sends everything. What can be undone is pushed before it is done. @throws NothingFound */
async function run(
  { steps, inserts, joins, now }: StoredWrite,
  commands: RowCommands,
  undo: Undo[],
): Promise<readonly ParseObject[]> {
  for (const [className, rows] of inserts) {
    const ids = rows.map((row) => row['_id']);
    // The time keeps a row of the same id, which refused ours, where it is.
    undo.push(() => commands.deleteMany(className, { _id: { $in: ids }, _created_at: now }));
    const [only] = rows;
    if (rows.length === 1 && only !== undefined) await commands.insertOne(className, only);
    else await commands.insertMany(className, rows);
  }
  const objects: ParseObject[] = [];
  for (const step of steps) {
    const row = await changeRow(step, commands);
    if (row === undefined) throw new NothingFound();
    objects.push(writtenObject(step, row));
  }
  const made = new Set(
    steps.flatMap(({ action }) => (action.kind === 'insert' ? [action.row['_id']] : [])),
  );
  for (const [name, changes] of joins) {
    const owners = changes.map(({ owningId }) => owningId).filter((id) => made.has(id));
    if (owners.length > 0) {
      undo.push(() => commands.deleteMany(name, { owningId: { $in: owners } }));
    }
    await writeJoined(commands, name, changes);
  }
  return objects;
}

async function runUndoing(
  write: StoredWrite,
  { commands, report }: ClassReader,
): Promise<readonly ParseObject[]> {
  const undo: Undo[] = [];
  try {
    return await run(write, commands, undo);
  } catch (error) {
    for (const step of undo.toReversed()) {
      await step().catch(() => {
        const classes = [...write.inserts.keys()].join(', ');
        report(`${classes}: what a failed write had created could not be deleted`);
      });
    }
    throw error;
  }
}
