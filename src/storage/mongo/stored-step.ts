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
import { encodeDocument, type StoredDocument } from './document.ts';
import type { StoredFilter } from './filter.ts';
import { joinName, type JoinChange } from './join-rows.ts';
import { compileProjection } from './projection.ts';
import type { FindShape, RowCommands } from './row-commands.ts';
import { compileUpdate } from './update.ts';

/** What a step does to one row. */
export type RowAction =
  | { readonly kind: 'insert'; readonly row: StoredDocument }
  | {
      readonly kind: 'update';
      readonly filter: StoredFilter;
      readonly update: StoredFilter;
      readonly projection: FindShape['projection'];
    }
  | {
      readonly kind: 'delete';
      readonly filter: StoredFilter;
      readonly projection: FindShape['projection'];
    };

/** One step, ready to be sent: what happens to its row, and to the rows of its relations. */
export interface StoredStep {
  readonly className: string;
  readonly action: RowAction;
  readonly joins: readonly (JoinChange & { readonly name: string })[];
  readonly decode: (row: StoredDocument) => ParseObject | undefined;
}

/** The row as the action leaves it, for a delete as it was; `undefined` when its filter finds none. Cost: 1 command, none to insert. */
export async function changeRow(
  { className, action }: StoredStep,
  commands: RowCommands,
): Promise<StoredDocument | undefined> {
  switch (action.kind) {
    case 'insert':
      return action.row;
    case 'update':
      return commands.findOneAndUpdate(className, action.filter, action);
    case 'delete':
      return commands.findOneAndDelete(className, action.filter, action.projection);
  }
}

/** The object of a row that a step has just written. @throws Error when it does not decode: what is written always does. */
export function writtenObject({ className, decode }: StoredStep, row: StoredDocument): ParseObject {
  const object = decode(row);
  if (object === undefined) throw new Error(`the ${className} just written does not decode`);
  return object;
}

/** A step in the stored forms. Cost: 1 command for each nested query of its guard. @throws GatewayError as `compileUpdate`. */
export async function compileStep(
  step: WriteStep,
  reader: ClassReader,
  now: Date,
): Promise<StoredStep> {
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
    action: { kind: 'insert', row: encodeDocument(request, schema, { objectId, now }) },
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
  const update = compileUpdate(request, schema, now);
  const projection = compileProjection(select, schema);
  const filter = await reader.filterOf(className, allOf(hasObjectId(objectId), guard));
  return {
    className,
    action: { kind: 'update', filter, update, projection },
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
    action: { kind: 'delete', filter, projection },
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
