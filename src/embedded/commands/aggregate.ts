import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import {
  AGGREGATE_FIELDS,
  type Aggregation,
  cursorNamespace,
  openAggregation,
  parseAggregation,
} from './aggregation.ts';
import { isDocument, wrongType } from './arguments.ts';
import { openChangeStream } from './change-stream-command.ts';
import { answer, type CommandFamily, type CommandRequest } from './command.ts';
import { createDocumentSource } from './document-source.ts';
import { explainAggregation } from './explain-aggregation.ts';
import { batchSizeOf, openCursor } from './open-cursor.ts';
import { parseOutputStage, writeOutput } from './output-stage.ts';
import { encodeBson, type Reply } from './reply.ts';
import type { StoreState } from './state/store-state.ts';
import { holdView } from './storage.ts';

async function readPipeline(
  request: CommandRequest,
  state: StoreState,
  aggregation: Aggregation,
  batchSize: number | undefined,
): Promise<Reply> {
  const view = holdView(request, state);
  let documents: Iterable<Document>;
  try {
    documents = openAggregation(request, view, aggregation);
    // A transaction may write between two pages, so its cursors read everything at once.
    if (request.transaction !== undefined) documents = [...documents];
  } catch (error) {
    view.release();
    throw error;
  }
  const source = createDocumentSource({
    documents: encoded(documents),
    release: view.release,
    progress: view.progress,
  });
  const namespace = cursorNamespace(request.database, aggregation.namespace);
  return openCursor(request, state, source, { namespace, batchSize });
}

function* encoded(documents: Iterable<Document>): Iterable<Uint8Array> {
  for (const document of documents) yield encodeBson(document);
}

async function writePipeline(
  request: CommandRequest,
  state: StoreState,
  aggregation: Aggregation,
): Promise<Reply> {
  const { pipeline } = aggregation;
  const output = parseOutputStage(pipeline.at(-1) ?? {}, request);
  if (request.transaction !== undefined) {
    throw new StoreError(
      'OperationNotSupportedInTransaction',
      `Stage not supported inside of a multi-document transaction: ${output.stage}`,
    );
  }
  const view = holdView(request, state);
  try {
    const documents = [
      ...openAggregation(request, view, {
        ...aggregation,
        pipeline: pipeline.slice(0, -1),
      }),
    ];
    await writeOutput(request, state, output, documents);
  } finally {
    view.release();
  }
  const source = createDocumentSource({ documents: [], limit: 0, release: () => undefined });
  const namespace = cursorNamespace(request.database, aggregation.namespace);
  return openCursor(request, state, source, { namespace });
}

async function runAggregate(request: CommandRequest, state: StoreState): Promise<Reply> {
  const { args } = request;
  const aggregation = parseAggregation(request);
  const { pipeline } = aggregation;
  if (args.boolean('explain') === true) {
    return answer(explainAggregation(request, state, 'queryPlanner'));
  }
  const cursor = args.value('cursor');
  if (cursor === undefined) {
    throw new StoreError(
      'FailedToParse',
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  }
  if (!isDocument(cursor)) throw wrongType(args.path('cursor'), cursor, ['object']);
  const batchSize = batchSizeOf(cursor);
  const last = pipeline.at(-1);
  if (last !== undefined && ('$out' in last || '$merge' in last)) {
    return writePipeline(request, state, aggregation);
  }
  if (pipeline[0] !== undefined && '$changeStream' in pipeline[0]) {
    return openChangeStream(request, state, aggregation, batchSize);
  }
  return readPipeline(request, state, aggregation, batchSize);
}

/**
 * Pipelines: read, written with `$out` and `$merge`, or watched with `$changeStream`.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/aggregate/
 */
export const aggregateCommands: CommandFamily = {
  aggregate: {
    kind: 'work',
    stable: true,
    inTransaction: true,
    writes: true,
    fields: AGGREGATE_FIELDS,
    run: runAggregate,
  },
};
