import { DuplicateValueError } from '../../parse/errors.ts';
import { createObjectId } from '../../parse/object-id.ts';
import type { RequestLog } from '../request-log.ts';
import type { Commands } from './commands.ts';

const COLLECTION = '_Idempotency';

/**
 * `{_id, reqId, expire, _created_at, _updated_at}` for each request, as Parse Server writes it, under the indexes Parse Server makes.
 * @see https://docs.parseplatform.org/parse-server/guide/#idempotency-enforcement
 */
export function createRequestLog(commands: Commands): RequestLog {
  return {
    async prepare() {
      await commands.createIndex(COLLECTION, { reqId: 1 }, { unique: true, sparse: true });
      const ttl = { name: 'ttl', sparse: true, expireAfterSeconds: 0 };
      await commands.createIndex(COLLECTION, { expire: 1 }, ttl);
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
