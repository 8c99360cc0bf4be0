import type {
  CollectionInfo,
  Document,
  Namespace,
  ReadCost,
  ReadQuery,
  Snapshot,
} from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import type { CommandRequest } from './command.ts';
import { namespaceText } from './namespaces.ts';

const VERBOSITIES = ['queryPlanner', 'executionStats', 'allPlansExecution'] as const;

/** How much an explanation tells; all but the first run the command. */
export type Verbosity = (typeof VERBOSITIES)[number];

/** @throws StoreError 9 for an unknown verbosity. */
export function parseVerbosity(value: string | undefined): Verbosity {
  const verbosity = VERBOSITIES.find((each) => each === (value ?? 'allPlansExecution'));
  if (verbosity !== undefined) return verbosity;
  throw new StoreError(
    'FailedToParse',
    "verbosity string must be one of {'queryPlanner', 'executionStats', 'allPlansExecution'}",
  );
}

/** A read whose plan is to be told. */
export interface ExplainedRead {
  readonly namespace: Namespace;
  readonly query: ReadQuery;
}

/** What running the command showed. */
export interface Execution {
  readonly returned: number;
  readonly milliseconds: number;
  readonly costs: readonly ReadCost[];
}

function scanStage(plan: string, info: CollectionInfo | undefined): Document {
  const index = info?.indexes.find(({ name }) => name === plan);
  if (index === undefined) return { stage: plan, direction: 'forward' };
  return {
    stage: 'FETCH',
    inputStage: {
      stage: 'IXSCAN',
      keyPattern: index.given['key'],
      indexName: index.name,
      isUnique: index.unique,
      isSparse: index.sparse,
      isPartial: index.partialFilterExpression !== undefined,
    },
  };
}

/** The stages of a plan as MongoDB names them; a union of indexes is an `OR` of their scans. */
function winningPlan(plan: string, info: CollectionInfo | undefined): Document {
  if (info === undefined) return { stage: 'EOF' };
  const isOneIndex = info.indexes.some(({ name }) => name === plan);
  if (isOneIndex || !plan.includes('|')) return scanStage(plan, info);
  return { stage: 'OR', inputStages: plan.split('|').map((each) => scanStage(each, info)) };
}

/** `queryPlanner` of a read: what would be done, without doing it. */
export function explainPlan(snapshot: Snapshot, { namespace, query }: ExplainedRead): Document {
  const info = snapshot.collection(namespace);
  return {
    namespace: namespaceText(namespace),
    indexFilterSet: false,
    parsedQuery: query.filter ?? {},
    winningPlan: winningPlan(snapshot.explain(namespace, query).plan, info),
    rejectedPlans: [],
  };
}

/** Takes all documents and counts them. @throws StoreError 50 when the time is over. */
export function countAll(request: CommandRequest, documents: Iterable<Document>): number {
  const iterator = documents[Symbol.iterator]();
  let count = 0;
  while (iterator.next().done !== true) {
    request.deadline.check();
    count += 1;
  }
  return count;
}

/** `executionStats`: what it cost when it was done. */
export function explainExecution({ returned, milliseconds, costs }: Execution): Document {
  const sum = (key: 'keysExamined' | 'documentsExamined') =>
    costs.reduce((total, cost) => total + cost[key], 0);
  return {
    executionSuccess: true,
    nReturned: returned,
    executionTimeMillis: Math.round(milliseconds),
    totalKeysExamined: sum('keysExamined'),
    totalDocsExamined: sum('documentsExamined'),
    executionStages: {
      stage: [...new Set(costs.map(({ plan }) => plan))].join(', ') || 'EOF',
      nReturned: returned,
    },
  };
}
