import { runPipeline } from '../aggregation/run-pipeline.ts';
import { type ChangeStream, createChangeStream } from '../changes/change-stream.ts';
import { createJournalTail, type JournalTail } from '../changes/journal-tail.ts';
import { parseChangeStream } from '../changes/parse-change-stream.ts';
import type { Document, Engine } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import { type Aggregation, cursorNamespace } from './aggregation.ts';
import type { CommandRequest } from './command.ts';
import { openCursor } from './open-cursor.ts';
import { encodeBson, PAGE_OVERHEAD_BYTES, type Reply } from './reply.ts';
import type { CursorSource, PageLimits, TakenPage } from './state/cursors.ts';
import type { StoreState } from './state/store-state.ts';

/** Stages that keep one event one event. */
const PERMITTED_STAGES: ReadonlySet<string> = new Set([
  '$match',
  '$project',
  '$addFields',
  '$set',
  '$unset',
  '$replaceRoot',
  '$replaceWith',
  '$redact',
]);

const DEFAULT_AWAIT_MS = 1000;

/** How many events are read before the size of the page is looked at. */
const READ_AT_ONCE = 100;

const tails = new WeakMap<Engine, JournalTail>();

function tailOf(engine: Engine): JournalTail {
  const known = tails.get(engine);
  if (known !== undefined) return known;
  const tail = createJournalTail(engine.journal);
  tails.set(engine, tail);
  return tail;
}

function assertPermitted(stages: readonly Document[]): void {
  for (const stage of stages) {
    const name = Object.keys(stage)[0] ?? '';
    if (PERMITTED_STAGES.has(name)) continue;
    throw new StoreError(
      'IllegalOperation',
      `${name} is not permitted in a $changeStream pipeline`,
    );
  }
}

/** Pages of a stream: what is there, or what comes within the time the client waits. */
function createChangeSource(stream: ChangeStream): CursorSource {
  let held: Uint8Array[] = [];
  let isOver = false;
  let token = stream.token;

  const readMore = (wanted: number): void => {
    const batch = stream.read(Math.min(wanted, READ_AT_ONCE));
    held.push(...batch.events.map(encodeBson));
    token = batch.token;
    isOver = batch.ended;
  };

  const page = (batchSize: number): TakenPage => {
    const documents: Uint8Array[] = [];
    let pageBytes = 0;
    while (documents.length < batchSize) {
      if (held.length === 0 && !isOver) readMore(batchSize - documents.length);
      const next = held[0];
      if (next === undefined) break;
      pageBytes += next.length + PAGE_OVERHEAD_BYTES;
      if (documents.length > 0 && pageBytes > LIMITS.documentBytes) break;
      documents.push(next);
      held = held.slice(1);
    }
    const isDone = isOver && held.length === 0;
    return { documents, exhausted: isDone, extra: { postBatchResumeToken: token } };
  };

  return {
    async take({ batchSize = Infinity, awaitMs = DEFAULT_AWAIT_MS }: PageLimits) {
      if (batchSize === 0) {
        return { documents: [], exhausted: false, extra: { postBatchResumeToken: token } };
      }
      const until = performance.now() + awaitMs;
      let taken = page(batchSize);
      while (taken.documents.length === 0 && !taken.exhausted && !stream.isClosed) {
        const remaining = until - performance.now();
        if (remaining <= 0) break;
        await stream.wait(remaining);
        taken = page(batchSize);
      }
      return taken;
    },
    close() {
      stream.close();
    },
  };
}

/**
 * Opens a change stream as a cursor whose getMore waits for events.
 *
 * @throws StoreError 20 for a stage that does not keep one event one event, 263 in a transaction, 40573 on a
 * standalone server, and as the stage itself.
 */
export async function openChangeStream(
  request: CommandRequest,
  state: StoreState,
  { namespace, pipeline }: Aggregation,
  batchSize: number | undefined,
): Promise<Reply> {
  if (state.address.setName === undefined) {
    throw new StoreError(
      'IllegalOperation',
      'The $changeStream stage is only supported on replica sets',
      { code: 40_573 },
    );
  }
  if (request.transaction !== undefined) {
    throw new StoreError(
      'OperationNotSupportedInTransaction',
      'Stage not supported inside of a multi-document transaction: $changeStream',
    );
  }
  const [first, ...stages] = pipeline;
  const options = parseChangeStream(
    first?.['$changeStream'],
    request.database,
    namespace?.collection,
  );
  // Compiled once over nothing, so that what is wrong with a stage is said at once.
  runPipeline(stages, { documents: [] });
  assertPermitted(stages);
  const { engine } = state;
  const stream = createChangeStream(
    {
      engine,
      tail: tailOf(engine),
      transform: (events) => runPipeline(stages, { documents: events }),
    },
    options,
  );
  return openCursor(request, state, createChangeSource(stream), {
    namespace: cursorNamespace(request.database, namespace),
    batchSize,
    isChangeStream: true,
  });
}
