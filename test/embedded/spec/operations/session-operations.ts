import type { ClientSession } from 'mongodb';
import { optionsWithout } from '../arguments.ts';
import type { OperationTable } from '../run-context.ts';
import type { SpecOperation } from '../spec-file.ts';

/** Operations of session entities. */
export const SESSION_OPERATIONS: OperationTable<ClientSession> = {
  async startTransaction(session, args) {
    session.startTransaction(args);
    return Promise.resolve();
  },
  commitTransaction: async (session, args) => session.commitTransaction(args),
  abortTransaction: async (session, args) => session.abortTransaction(args),
  endSession: async (session) => session.endSession(),
  async withTransaction(session, args, context) {
    const callback = args['callback'] as readonly SpecOperation[];
    await session.withTransaction(
      async () => {
        for (const operation of callback) await context.run(operation, 'rethrow');
      },
      optionsWithout(args, 'callback'),
    );
  },
};
