import { randomUUID } from 'node:crypto';

import { ObjectId } from 'bson';

import type { Document, Namespace, WriteBatch } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { compileUpdate } from '../query/apply-update.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { argumentsOf, isDocument } from './arguments.ts';
import type { CommandRequest } from './command.ts';
import { assertWritable, namespaceText, parseNamespace } from './namespaces.ts';
import type { StoreState } from './state/store-state.ts';
import { storableDocument } from './stored-document.ts';
import { assertNoView } from './write-outcome.ts';

const WHEN_MATCHED = ['merge', 'replace', 'keepExisting', 'fail'] as const;
const WHEN_NOT_MATCHED = ['insert', 'discard', 'fail'] as const;

interface OutStage {
  readonly stage: '$out';
  readonly target: Namespace;
}

interface MergeStage {
  readonly stage: '$merge';
  readonly target: Namespace;
  readonly on: readonly string[];
  readonly variables: Document;
  readonly whenMatched: (typeof WHEN_MATCHED)[number] | readonly Document[];
  readonly whenNotMatched: (typeof WHEN_NOT_MATCHED)[number];
}

/** The last stage of a pipeline that writes. */
export type OutputStage = OutStage | MergeStage;

function parseTarget(value: unknown, database: string, stage: string): Namespace {
  if (typeof value === 'string') return parseNamespace(database, value);
  if (isDocument(value)) {
    const { db = database, coll } = value;
    if (typeof db === 'string' && typeof coll === 'string') return parseNamespace(db, coll);
  }
  throw new StoreError('FailedToParse', `${stage} needs a collection: a string or {db, coll}`, {
    code: 51178,
  });
}

const MERGE_FIELDS: ReadonlySet<string> = new Set([
  'into',
  'on',
  'let',
  'whenMatched',
  'whenNotMatched',
]);

function choice<Choice extends string>(
  name: string,
  given: unknown,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((each) => each === given);
  if (found !== undefined) return found;
  throw new StoreError(
    'BadValue',
    `Enumeration value '${String(given)}' for field '$merge.${name}' is not a valid value.`,
  );
}

function parseOn(value: unknown): string[] {
  const paths: unknown[] = Array.isArray(value) ? value : [value ?? '_id'];
  if (paths.length === 0) {
    throw new StoreError(
      'BadValue',
      "If explicitly specifying $merge 'on', must include at least one field",
      { code: 51187 },
    );
  }
  return paths.map((path) => {
    if (typeof path === 'string') return path;
    throw new StoreError('TypeMismatch', "$merge 'on' takes strings only", { code: 51186 });
  });
}

function parseMerge(given: unknown, database: string): MergeStage {
  const body = typeof given === 'string' ? { into: given } : given;
  if (!isDocument(body)) {
    throw new StoreError('FailedToParse', '$merge requires a string or object argument', {
      code: 51182,
    });
  }
  const args = argumentsOf('$merge', body);
  args.onlyFields(MERGE_FIELDS);
  const whenMatched = args.value('whenMatched') ?? 'merge';
  return {
    stage: '$merge',
    target: parseTarget(args.required('into', args.value('into')), database, '$merge'),
    on: parseOn(args.value('on')),
    variables: args.document('let') ?? { new: '$$ROOT' },
    whenMatched: Array.isArray(whenMatched)
      ? (args.documents('whenMatched') ?? [])
      : choice('whenMatched', whenMatched, WHEN_MATCHED),
    whenNotMatched: choice(
      'whenNotMatched',
      args.value('whenNotMatched') ?? 'insert',
      WHEN_NOT_MATCHED,
    ),
  };
}

/** `$out` or `$merge`, checked. @throws StoreError for what is malformed. */
export function parseOutputStage(stage: Document, { database }: CommandRequest): OutputStage {
  const output: OutputStage =
    '$merge' in stage
      ? parseMerge(stage['$merge'], database)
      : { stage: '$out', target: parseTarget(stage['$out'], database, '$out') };
  assertWritable(output.target);
  return output;
}

/** Replaces the target by the documents; its options and indexes stay. */
function writeOut(batch: WriteBatch, target: Namespace, documents: readonly Document[]): void {
  const before = batch.collection(target);
  const made = { database: target.database, collection: `tmp.agg_out.${randomUUID()}` };
  batch.createCollection(made, before?.options ?? {});
  for (const index of before?.indexes ?? []) {
    if (index.name !== '_id_') batch.createIndex(made, index);
  }
  for (const document of documents) batch.insert(made, storableDocument(document));
  batch.renameCollection(made, target, true);
}

/** Joining on anything but `_id` needs an index that keeps it unique. */
function assertUniqueJoin(batch: WriteBatch, { target, on }: MergeStage): void {
  if (on.length === 1 && on[0] === '_id') return;
  const wanted = [...on].sort().join('\0');
  const isUnique = batch.collection(target)?.indexes.some((index) => {
    const paths = index.key.map(([path]) => path).sort();
    return (
      index.unique && index.partialFilterExpression === undefined && paths.join('\0') === wanted
    );
  });
  if (isUnique === true) return;
  throw new StoreError('BadValue', 'Cannot find index to verify that join fields will be unique', {
    code: 51183,
  });
}

function valueAt(document: Document, path: string): unknown {
  let value: unknown = document;
  for (const part of path.split('.')) {
    value = isDocument(value) && Object.hasOwn(value, part) ? value[part] : undefined;
  }
  if (value !== undefined && value !== null && !Array.isArray(value)) return value;
  throw new StoreError(
    'BadValue',
    `$merge write error: 'on' field '${path}' cannot be missing, null, undefined or an array`,
    { code: 51132 },
  );
}

function findMatch(batch: WriteBatch, { target, on }: MergeStage, document: Document) {
  const filter = Object.fromEntries(on.map((path) => [path, { $eq: valueAt(document, path) }]));
  return [...batch.find(target, { filter, limit: 1 })][0];
}

function matchedForm(stage: MergeStage, before: Document, document: Document): Document {
  const { whenMatched } = stage;
  if (typeof whenMatched !== 'string') {
    const variables = Object.fromEntries(
      Object.entries(stage.variables).map(([name, expression]) => [
        name,
        compileExpression(expression)(document),
      ]),
    );
    return compileUpdate(whenMatched, { variables })(before);
  }
  const form = {
    merge: () => ({ ...before, ...document, _id: before['_id'] }),
    replace: () => ({ ...document, _id: before['_id'] }),
    keepExisting: () => before,
    fail: (): Document => {
      throw new StoreError(
        'DuplicateKey',
        `$merge found a document with the same '${stage.on.join("', '")}' in ${namespaceText(stage.target)}, and 'whenMatched' is 'fail'`,
        { info: { keyPattern: { _id: 1 }, keyValue: { _id: before['_id'] } } },
      );
    },
  } satisfies Record<(typeof WHEN_MATCHED)[number], () => Document>;
  return form[whenMatched]();
}

function mergeOne(batch: WriteBatch, stage: MergeStage, given: Document): void {
  const document = Object.hasOwn(given, '_id') ? given : { _id: new ObjectId(), ...given };
  const before = findMatch(batch, stage, document);
  if (before !== undefined) {
    const kind = stage.whenMatched === 'replace' ? 'replace' : 'update';
    batch.replace(stage.target, before, matchedForm(stage, before, document), { kind });
    return;
  }
  if (stage.whenNotMatched === 'discard') return;
  if (stage.whenNotMatched === 'fail') {
    throw new StoreError(
      'NoMatchingDocument',
      '$merge could not find a matching document in the target collection for at least one document in the source collection',
      { code: 13113 },
    );
  }
  batch.insert(stage.target, storableDocument(document));
}

/** Writes what the pipeline gave, in one commit: all of it or nothing. */
export async function writeOutput(
  request: CommandRequest,
  state: StoreState,
  output: OutputStage,
  documents: readonly Document[],
): Promise<void> {
  await state.engine.write((batch) => {
    assertNoView(batch, output.target);
    if (output.stage === '$out') {
      writeOut(batch, output.target, documents);
      return;
    }
    assertUniqueJoin(batch, output);
    for (const document of documents) {
      request.deadline.check();
      mergeOne(batch, output, document);
    }
  });
}
