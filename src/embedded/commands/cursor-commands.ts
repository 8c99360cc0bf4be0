import { StoreError } from '../errors.ts';
import { numberFrom, wrongType } from './arguments.ts';
import { answer, type Command, type CommandFamily, type CommandRequest } from './command.ts';
import { namespaceText } from './namespaces.ts';
import type { Reply } from './reply.ts';
import type { OpenCursor } from './state/cursors.ts';
import type { StoreState } from './state/store-state.ts';

function cursorId(value: unknown, path: string): bigint {
  if (numberFrom(value) === undefined) throw wrongType(path, value, ['long']);
  return BigInt(String(value));
}

function assertSameScope(request: CommandRequest, cursor: OpenCursor): void {
  const collection = request.args.required('collection', request.args.string('collection'));
  const namespace = { database: request.database, collection };
  if (namespaceText(namespace) !== namespaceText(cursor.namespace)) {
    throw new StoreError(
      'Unauthorized',
      `Requested getMore on namespace '${namespaceText(namespace)}', but cursor belongs to a different namespace ${namespaceText(cursor.namespace)}`,
    );
  }
  if (cursor.sessionKey !== request.session?.key) {
    throw new StoreError(
      'Unauthorized',
      `Cannot run getMore on cursor ${cursor.id}, which was created in another session`,
      { code: cursor.sessionKey === undefined ? 50736 : 50738 },
    );
  }
  if (cursor.txnNumber !== request.transaction?.txnNumber) {
    throw new StoreError(
      'OperationNotSupportedInTransaction',
      `Cannot run getMore on cursor ${cursor.id}, which was created in another transaction`,
      { code: cursor.txnNumber === undefined ? 50740 : 50741 },
    );
  }
}

async function runGetMore(request: CommandRequest, state: StoreState): Promise<Reply> {
  const id = cursorId(request.target, 'getMore.getMore');
  const batchSize = request.args.count('batchSize');
  const awaitMs = request.args.count('maxTimeMS');
  return state.cursors.use(id, async (cursor) => {
    assertSameScope(request, cursor);
    let isOver = true;
    try {
      const page = await cursor.source.take({
        batchSize: batchSize === 0 ? undefined : batchSize,
        deadline: request.deadline,
        cost: request.cost,
        awaitMs,
      });
      isOver = page.exhausted;
      return {
        document: {},
        page: {
          field: 'nextBatch',
          id: page.exhausted ? 0n : id,
          namespace: namespaceText(cursor.namespace),
          documents: page.documents,
          ...(page.extra === undefined ? {} : { extra: page.extra }),
        },
      } satisfies Reply;
    } finally {
      if (isOver) state.cursors.finish(id);
    }
  });
}

const getMore: Command = {
  kind: 'work',
  stable: true,
  inTransaction: true,
  fields: ['collection', 'batchSize', 'term', 'lastKnownCommittedOpTime'],
  run: runGetMore,
};

const killCursors: Command = {
  kind: 'work',
  stable: true,
  inTransaction: true,
  fields: ['cursors'],
  run({ args }, state) {
    const given = args.required('cursors', args.array('cursors'));
    const ids = given.map((value, index) => cursorId(value, args.path(`cursors.${index}`)));
    const cursorsKilled: bigint[] = [];
    const cursorsNotFound: bigint[] = [];
    for (const id of ids) (state.cursors.kill(id) ? cursorsKilled : cursorsNotFound).push(id);
    return answer({ cursorsKilled, cursorsNotFound, cursorsAlive: [], cursorsUnknown: [] });
  },
};

/**
 * Continuing and ending cursors.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/getMore/
 */
export const cursorCommands: CommandFamily = { getMore, killCursors };
