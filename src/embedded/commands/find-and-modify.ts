import type { Collation, Document, WriteBatch } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { compileProjection } from '../query/apply-projection.ts';
import { answer, type CommandFamily, type CommandRequest } from './command.ts';
import {
  parseUpdateDocument,
  planUpdate,
  updateDocument,
  upsertDocument,
  type UpdateTarget,
} from './document-update.ts';
import { assertWritable, parseNamespace } from './namespaces.ts';
import { buildReadQuery, collationOf, hintOf, variablesOf } from './read-options.ts';
import type { Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';
import { writeData } from './storage.ts';
import { assertNoView, rememberStatements } from './write-outcome.ts';

/** Fields of `findAndModify`, as `explain` needs them too. */
export const FIND_AND_MODIFY_FIELDS = [
  'query',
  'sort',
  'remove',
  'update',
  'new',
  'fields',
  'upsert',
  'bypassDocumentValidation',
  'collation',
  'arrayFilters',
  'hint',
  'let',
  'stmtId',
] as const;

interface Modification {
  readonly filter: Document;
  readonly sort: Document | undefined;
  readonly hint: string | Document | undefined;
  readonly variables: Document | undefined;
  readonly projection: Document | undefined;
  readonly remove: boolean;
  readonly update: Document | readonly Document[] | undefined;
  readonly wantsNew: boolean;
  readonly isUpsert: boolean;
  readonly target: UpdateTarget;
}

const failedToParse = (message: string) => new StoreError('FailedToParse', message);

function parseModification({ args, database, target }: CommandRequest): Modification {
  const namespace = parseNamespace(database, target);
  assertWritable(namespace);
  const remove = args.boolean('remove') ?? false;
  const given = args.value('update');
  const wantsNew = args.boolean('new') ?? false;
  const isUpsert = args.boolean('upsert') ?? false;
  if (remove && given !== undefined)
    throw failedToParse('Cannot specify both an update and remove=true');
  if (!remove && given === undefined)
    throw failedToParse('Either an update or remove=true must be specified');
  if (remove && isUpsert) throw failedToParse('Cannot specify both upsert=true and remove=true');
  if (remove && wantsNew) {
    throw failedToParse(
      "Cannot specify both new=true and remove=true; 'remove' always returns the deleted document",
    );
  }
  return {
    filter: args.document('query') ?? {},
    sort: args.document('sort'),
    hint: hintOf(args),
    variables: variablesOf(args),
    projection: args.document('fields'),
    remove,
    update: given === undefined ? undefined : parseUpdateDocument(args.path('update'), given),
    wantsNew,
    isUpsert,
    target: {
      namespace,
      bypassValidation: args.boolean('bypassDocumentValidation') ?? false,
    },
  };
}

function projected(
  document: Document | undefined,
  { projection, filter, variables }: Modification,
  collation: Collation | undefined,
): Document | null {
  if (document === undefined) return null;
  if (projection === undefined || Object.keys(projection).length === 0) return document;
  return compileProjection(projection, { filter, collation, variables })(document);
}

function modify(request: CommandRequest, batch: WriteBatch, modification: Modification): Document {
  const { filter, sort, hint, variables, update, target, wantsNew } = modification;
  assertNoView(batch, target.namespace);
  const collation = collationOf(request.args, batch, target.namespace);
  const query = buildReadQuery(
    { filter, sort, limit: 1, collation, hint, variables },
    request.deadline.check,
  );
  const [before] = [...batch.find(target.namespace, query, request.cost.add)];
  if (update === undefined) {
    if (before !== undefined) batch.remove(target.namespace, before);
    const value = projected(before, modification, collation);
    return { lastErrorObject: { n: before === undefined ? 0 : 1 }, value };
  }
  const arrayFilters = request.args.documents('arrayFilters');
  const plan = planUpdate({ filter, update, arrayFilters, collation, variables });
  if (before !== undefined) {
    const { after } = updateDocument(batch, target, plan, before);
    return {
      lastErrorObject: { n: 1, updatedExisting: true },
      value: projected(wantsNew ? after : before, modification, collation),
    };
  }
  if (!modification.isUpsert) {
    return { lastErrorObject: { n: 0, updatedExisting: false }, value: null };
  }
  const made = upsertDocument(batch, target, plan, filter);
  return {
    lastErrorObject: { n: 1, updatedExisting: false, upserted: made['_id'] },
    value: projected(wantsNew ? made : undefined, modification, collation),
  };
}

async function runFindAndModify(request: CommandRequest, state: StoreState): Promise<Reply> {
  const modification = parseModification(request);
  const id = request.args.count('stmtId') ?? 0;
  const done = request.retryable?.statements;
  const before = done?.get(id);
  if (before !== undefined) return answer({ ...before.outcome, retriedStmtId: id });
  const outcome = await writeData(request, state, (batch) => {
    const made = modify(request, batch, modification);
    rememberStatements(request, batch, new Map([[id, made]]));
    return made;
  });
  done?.set(id, { outcome });
  const returned = outcome['value'] === null ? 0 : 1;
  return { ...answer(outcome), returned };
}

/**
 * Changing or removing one document and returning it.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/findAndModify/
 */
export const findAndModifyCommands: CommandFamily = {
  findAndModify: {
    kind: 'work',
    stable: true,
    inTransaction: true,
    writes: true,
    retryable: true,
    fields: FIND_AND_MODIFY_FIELDS,
    run: runFindAndModify,
  },
};
