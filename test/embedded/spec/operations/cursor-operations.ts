import type { AbstractCursor, ChangeStream, Document } from 'mongodb';
import type { OperationTable } from '../run-context.ts';

/** Operations of change stream entities. */
export const CHANGE_STREAM_OPERATIONS: OperationTable<ChangeStream> = {
  iterateUntilDocumentOrError: async (stream) => stream.next(),
  iterateOnce: async (stream) => stream.tryNext(),
  close: async (stream) => stream.close().catch(() => undefined),
};

/** Operations of find and command cursor entities. */
export const CURSOR_OPERATIONS: OperationTable<AbstractCursor<Document>> = {
  async iterateUntilDocumentOrError(cursor) {
    for (;;) {
      const document = await cursor.next();
      if (document !== null || cursor.closed) return document;
    }
  },
  iterateOnce: async (cursor) => cursor.tryNext(),
  close: async (cursor) => cursor.close().catch(() => undefined),
};
