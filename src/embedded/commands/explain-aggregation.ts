import type { Document, ReadCost, ReadQuery } from '../engine/engine.ts';
import {
  type Aggregation,
  cursorNamespace,
  openAggregation,
  parseAggregation,
} from './aggregation.ts';
import { isDocument } from './arguments.ts';
import type { CommandRequest } from './command.ts';
import { countAll, explainExecution, explainPlan, type Verbosity } from './explain-plan.ts';
import { buildReadQuery, collationOf, hintOf, variablesOf } from './read-options.ts';
import type { StoreState } from './state/store-state.ts';
import { type HeldView, holdView } from './storage.ts';

const isOutput = (stage: Document): boolean => '$out' in stage || '$merge' in stage;

/** Whether the collection's own read can do a stage. */
const isPartOfRead = (stage: Document): boolean =>
  '$match' in stage || '$sort' in stage || '$skip' in stage || '$limit' in stage;

/** The part of a pipeline that reads the collection itself: its first `$match` and `$sort`. */
function leadingRead(request: CommandRequest, view: HeldView, aggregation: Aggregation): ReadQuery {
  const { args, database } = request;
  const { namespace, pipeline } = aggregation;
  const [first, second] = pipeline;
  const filter = first?.['$match'];
  const sort = isDocument(filter) ? second?.['$sort'] : first?.['$sort'];
  return buildReadQuery({
    filter: isDocument(filter) ? filter : {},
    sort: isDocument(sort) ? sort : undefined,
    collation: collationOf(args, view.snapshot, cursorNamespace(database, namespace)),
    hint: hintOf(args),
    variables: variablesOf(args),
  });
}

/** Runs the pipeline, without the stage that would write, and says what it read. */
function execute(request: CommandRequest, view: HeldView, aggregation: Aggregation): Document {
  const started = performance.now();
  const costs: ReadCost[] = [];
  view.progress.follow({
    deadline: request.deadline,
    cost: {
      add: (cost) => {
        request.cost.add(cost);
        costs.push(cost);
      },
    },
  });
  const pipeline = aggregation.pipeline.filter((stage) => !isOutput(stage));
  const documents = openAggregation(request, view, { ...aggregation, pipeline });
  const returned = countAll(request, documents);
  return explainExecution({ returned, milliseconds: performance.now() - started, costs });
}

/** Explains an `aggregate`: the plan of its first read, the stages after it, and what running all of it cost. */
export function explainAggregation(
  request: CommandRequest,
  state: StoreState,
  verbosity: Verbosity,
): Document {
  const aggregation = parseAggregation(request);
  const view = holdView(request, state);
  try {
    const namespace = cursorNamespace(request.database, aggregation.namespace);
    const query = leadingRead(request, view, aggregation);
    const queryPlanner = explainPlan(view.snapshot, { namespace, query });
    const stats =
      verbosity === 'queryPlanner' ? {} : { executionStats: execute(request, view, aggregation) };
    const rest = aggregation.pipeline.filter((stage) => !isPartOfRead(stage));
    if (rest.length === 0) return { explainVersion: '1', queryPlanner, ...stats };
    return {
      explainVersion: '1',
      stages: [{ $cursor: { queryPlanner, ...stats } }, ...aggregation.pipeline],
    };
  } finally {
    view.release();
  }
}
