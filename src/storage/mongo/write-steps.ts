import type { ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import { createObjectId } from '../../parse/object-id.ts';
import type { ParseObject } from '../../parse/object.ts';
import { allOf, hasObjectId } from '../../query/constraint.ts';
import type {
  CreateRequest,
  DeleteRequest,
  UpdateRequest,
  WriteStep,
} from '../../query/write-request.ts';
import type { ClassReader } from './class-reader.ts';
import type { Commands } from './commands.ts';
import { encodeDocument, type StoredDocument } from './document.ts';
import { joinName, writeJoined, type JoinChange } from './join-rows.ts';
import { compileProjection } from './projection.ts';
import { compileUpdate } from './update.ts';

/** What the server can do that decides how several documents are written as one. */
export interface WriteAbilities {
  readonly hasTransactions: boolean;
}

/** One step, ready to be sent: what is inserted, or how one row is changed; and the rows of its relations. */
interface StoredStep {
  readonly className: string;
  readonly inserted: StoredDocument | undefined;
  /** `undefined` when the step inserts. Answers the row, `undefined` when there is none. */
  readonly change: ((commands: Commands) => Promise<StoredDocument | undefined>) | undefined;
  readonly joins: readonly (JoinChange & { readonly name: string })[];
  readonly decode: (row: StoredDocument) => ParseObject | undefined;
}

/** Everything that is to be sent, in the order in which it is. */
interface StoredWrite {
  readonly steps: readonly StoredStep[];
  /** Class → the rows it gets: 1 command each. */
  readonly inserts: ReadonlyMap<string, readonly StoredDocument[]>;
  /** Join collection → changes. */
  readonly joins: ReadonlyMap<string, readonly JoinChange[]>;
  readonly now: Date;
}

/** Undoes one thing that was done. */
type Undo = () => Promise<void>;

/**
 * Takes all steps or none: the object of each, or `undefined` when an update or a delete found none.
 *
 * First all inserts, a command for each class; then the changes in their order; then relation rows, a command or two for each
 * column. More than one command is a transaction (+1 command) where the server has them. Where not, what was inserted is
 * deleted again when a later command fails; a process that dies between two commands leaves them half done.
 */
export async function writeSteps(
  reader: ClassReader,
  steps: readonly WriteStep[],
  { hasTransactions }: WriteAbilities,
): Promise<readonly ParseObject[] | undefined> {
  const now = new Date();
  const write = arranged(
    await Promise.all(steps.map((step) => compileStep(step, reader, now))),
    now,
  );
  const { commands } = reader;
  try {
    if (commandsOf(write) < 2) return await run(write, commands, []);
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

function arranged(steps: readonly StoredStep[], now: Date): StoredWrite {
  const inserts = new Map<string, StoredDocument[]>();
  const joins = new Map<string, JoinChange[]>();
  for (const { className, inserted, joins: own } of steps) {
    if (inserted !== undefined) grouped(inserts, className).push(inserted);
    for (const { name, ...change } of own) grouped(joins, name).push(change);
  }
  return { steps, inserts, joins, now };
}

function grouped<T>(groups: Map<string, T[]>, key: string): T[] {
  const group = groups.get(key) ?? [];
  groups.set(key, group);
  return group;
}

function commandsOf({ steps, inserts, joins }: StoredWrite): number {
  const changes = steps.filter(({ change }) => change !== undefined).length;
  return inserts.size + changes + joins.size;
}

/** Sends everything. What can be undone is pushed before it is done. @throws NothingFound */
async function run(
  { steps, inserts, joins, now }: StoredWrite,
  commands: Commands,
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
  for (const { change, inserted, decode, className } of steps) {
    const row = change === undefined ? inserted : await change(commands);
    if (row === undefined) throw new NothingFound();
    const object = decode(row);
    if (object === undefined) throw new Error(`the ${className} just written does not decode`);
    objects.push(object);
  }
  const made = new Set(steps.flatMap(({ inserted }) => inserted?.['_id'] ?? []));
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

async function compileStep(step: WriteStep, reader: ClassReader, now: Date): Promise<StoredStep> {
  switch (step.kind) {
    case 'create':
      return compileCreate(step.request, reader, now);
    case 'update':
      return compileChange(step.request, reader, now);
    case 'delete':
      return compileDelete(step.request, reader);
  }
}

function compileCreate(request: CreateRequest, reader: ClassReader, now: Date): StoredStep {
  const { className, relations } = request;
  const schema = reader.schemaOf(className);
  const objectId = request.objectId ?? createObjectId();
  const joins = [...relations]
    .filter(([, { add }]) => add.length > 0)
    .map(([field, { targetClass, add }]) => {
      assertRelation(schema, field, targetClass);
      return { name: joinName(className, field), owningId: objectId, add, remove: [] };
    });
  return {
    className,
    inserted: encodeDocument(request, schema, { objectId, now }),
    change: undefined,
    joins,
    decode: (row) => reader.decode([row], className, 'all')[0],
  };
}

async function compileChange(
  request: UpdateRequest,
  reader: ClassReader,
  now: Date,
): Promise<StoredStep> {
  const { className, objectId, guard, select, operations } = request;
  const schema = reader.schemaOf(className);
  const joins = [...operations].flatMap(([field, operation]) => {
    if (operation.kind !== 'relate') return [];
    const { targetClass, add, remove } = operation;
    assertRelation(schema, field, targetClass);
    const isChange = add.length > 0 || remove.length > 0;
    return isChange ? [{ name: joinName(className, field), owningId: objectId, add, remove }] : [];
  });
  const change = {
    update: compileUpdate(request, schema, now),
    projection: compileProjection(select, schema),
  };
  const filter = await reader.filterOf(className, allOf(hasObjectId(objectId), guard));
  return {
    className,
    inserted: undefined,
    change: (commands) => commands.findOneAndUpdate(className, filter, change),
    joins,
    decode: (row) => reader.decode([row], className, select)[0],
  };
}

async function compileDelete(
  { className, objectId, guard, select }: DeleteRequest,
  reader: ClassReader,
): Promise<StoredStep> {
  const projection = compileProjection(select, reader.schemaOf(className));
  const filter = await reader.filterOf(className, allOf(hasObjectId(objectId), guard));
  return {
    className,
    inserted: undefined,
    change: (commands) => commands.findOneAndDelete(className, filter, projection),
    joins: [],
    decode: (row) => reader.decode([row], className, select)[0],
  };
}

/** @throws GatewayError 111 when the column is no relation to that class. */
function assertRelation(
  { className, fields }: ClassSchema,
  field: string,
  targetClass: string,
): void {
  const type = fields.get(field)?.type;
  if (type?.kind === 'Relation' && type.targetClass === targetClass) return;
  throw new GatewayError(
    'IncorrectType',
    `schema mismatch for ${className}.${field}; expected Relation<${targetClass}>`,
  );
}
