import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { argumentsOf } from './arguments.ts';

/**
 * Refuses what a standalone server cannot promise to a read: it has no history to read from and no times to wait for.
 *
 * @throws StoreError 123 for the levels `linearizable` and `snapshot`, 20 for a time to read after.
 * @see https://www.mongodb.com/docs/manual/reference/read-concern/
 */
export function assertStandaloneReadConcern(concern: Document | undefined): void {
  if (concern === undefined) return;
  const { level, afterClusterTime } = concern;
  if (level === 'linearizable' || level === 'snapshot') {
    throw new StoreError(
      'NotAReplicaSet',
      `node needs to be a replica set member to use readConcern: ${level}`,
    );
  }
  if (afterClusterTime !== undefined) {
    throw new StoreError(
      'IllegalOperation',
      'Cannot specify afterClusterTime readConcern without replication enabled',
    );
  }
}

/**
 * Refuses what a standalone server cannot promise of a write; `majority` is itself.
 *
 * @throws StoreError 2 for more members than one and for names of modes.
 * @see https://www.mongodb.com/docs/manual/reference/write-concern/
 */
export function assertStandaloneWriteConcern(concern: Document | undefined): void {
  if (concern === undefined) return;
  const args = argumentsOf('writeConcern', concern);
  const w = args.value('w');
  if (typeof w === 'string') {
    if (w === 'majority') return;
    throw new StoreError(
      'BadValue',
      `cannot use non-majority 'w' mode ${w} when a host is not a member of a replica set`,
    );
  }
  if ((args.number('w') ?? 1) > 1) {
    throw new StoreError('BadValue', "cannot use 'w' > 1 when a host is not replicated");
  }
}
