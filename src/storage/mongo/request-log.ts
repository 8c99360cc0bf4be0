import { DuplicateValueError } from '../../parse/errors.ts';
import { createObjectId } from '../../parse/object-id.ts';
import type { RequestLog } from '../request-log.ts';
import type { CollectionCommands } from './collection-commands.ts';
import type { RowCommands } from './row-commands.ts';

const COLLECTION = '_Idempotency';

/**
 * `{_id, reqId, expire, _created_at, _updated_at}` for each request, as Parse Server writes it, under the indexes Parse Server makes.
 * @see https://docs.parseplatform.org/parse-server/guide/#idempotency-enforcement
 */
export function createRequestLog(
  commands: RowCommands,
  collections: CollectionCommands,
): RequestLog {
  return {
    async prepare() {
      await collections.createIndex(COLLECTION, { reqId: 1 }, { unique: true, sparse: true });
      const ttl = { name: 'ttl', sparse: true, expireAfterSeconds: 0 };
      await collections.createIndex(COLLECTION, { expire: 1 }, ttl);
    },

    async claim(requestId, expiresAt) {
      const now = new Date();
      const row = { reqId: requestId, expire: expiresAt, _created_at: now, _updated_at: now };
      try {
        await commands.insertOne(COLLECTION, { _id: createObjectId(), ...row });
        return true;
      } catch (error) {
        if (error instanceof DuplicateValueError) return false;
        throw error;
      }
    },
  };
}
