import type { Document, Namespace } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { isDocument, numberFrom } from './arguments.ts';
import type { CommandRequest } from './command.ts';
import { parseDatabaseName, parseNamespace } from './namespaces.ts';
import { openPipeline } from './open-pipeline.ts';
import { collationOf, hintOf, variablesOf } from './read-options.ts';
import type { HeldView } from './storage.ts';

/** Fields of `aggregate`, as `explain` needs them too. */
export const AGGREGATE_FIELDS = [
  'pipeline',
  'cursor',
  'explain',
  'allowDiskUse',
  'bypassDocumentValidation',
  'hint',
  'collation',
  'let',
] as const;

/** A pipeline as the command carries it, checked as far as that needs no data. */
export interface Aggregation {
  /** Undefined for a pipeline on a database. */
  readonly namespace: Namespace | undefined;
  readonly pipeline: readonly Document[];
}

/** The pipeline of an `aggregate`. @throws StoreError 73 or 14 when it is malformed. */
export function parseAggregation({ args, database, target }: CommandRequest): Aggregation {
  const isDatabase = numberFrom(target) === 1;
  const namespace = isDatabase ? undefined : parseNamespace(database, target);
  if (isDatabase) parseDatabaseName(database);
  const stages = args.required('pipeline', args.array('pipeline'));
  const pipeline = stages.map((stage) => {
    if (isDocument(stage)) return stage;
    throw new StoreError('TypeMismatch', "Each element of the 'pipeline' array must be an object");
  });
  for (const stage of pipeline) {
    if (Object.keys(stage).length === 1) continue;
    throw new StoreError(
      'BadValue',
      'A pipeline stage specification object must contain exactly one field.',
      { code: 40323 },
    );
  }
  return { namespace, pipeline };
}

/** The namespace under which the cursor of a pipeline goes. */
export function cursorNamespace(database: string, namespace: Namespace | undefined): Namespace {
  return namespace ?? { database, collection: '$cmd.aggregate' };
}

/** The documents of a command's pipeline in a held view. */
export function openAggregation(
  request: CommandRequest,
  view: HeldView,
  { namespace, pipeline }: Aggregation,
): Iterable<Document> {
  const { args } = request;
  const collation = collationOf(args, view.snapshot, cursorNamespace(request.database, namespace));
  return openPipeline(request, view, {
    namespace,
    pipeline,
    collation,
    variables: variablesOf(args),
    hint: hintOf(args),
  });
}
