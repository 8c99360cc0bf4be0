import { runPipeline } from '../aggregation/run-pipeline.ts';
import type { Collation, Document, Namespace } from '../engine/engine.ts';
import type { CommandRequest } from './command.ts';
import type { HeldView } from './storage.ts';

/** A pipeline and where it reads; without a collection it begins with its own documents. */
export interface PipelineQuery {
  readonly namespace: Namespace | undefined;
  readonly pipeline: readonly Document[];
  readonly collation?: Collation | undefined;
  readonly variables?: Document | undefined;
  readonly hint?: string | Document | undefined;
}

/** The documents of a pipeline, lazily; what it reads is added to the request's cost. */
export function openPipeline(
  request: CommandRequest,
  view: HeldView,
  query: PipelineQuery,
): Iterable<Document> {
  const { namespace, pipeline, collation, variables, hint } = query;
  return runPipeline(pipeline, {
    snapshot: view.snapshot,
    database: request.database,
    collection: namespace?.collection,
    collation,
    variables,
    hint,
    onCost: view.progress.addCost,
    interrupt: view.progress.check,
  });
}
