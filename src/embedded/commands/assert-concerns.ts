import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { assertReadConcern, unmetWriteConcern } from './concerns.ts';
import type { ParsedCommand } from './parse-command.ts';
import {
  assertStandaloneReadConcern,
  assertStandaloneWriteConcern,
} from './standalone-concerns.ts';
import type { StoreState } from './state/store-state.ts';

/**
 * Checks a command's read and write concern and tells what of the latter stays unmet.
 *
 * @throws StoreError as `concerns.ts` and `standalone-concerns.ts` say; 72 for a write concern within a transaction.
 */
export function assertConcerns(
  parsed: ParsedCommand,
  { address }: StoreState,
  isInTransaction: boolean,
): Document | undefined {
  const { args, command, name } = parsed;
  const isStandalone = address.setName === undefined;
  const readConcern = args.document('readConcern');
  if (isStandalone) assertStandaloneReadConcern(readConcern);
  assertReadConcern(readConcern, isInTransaction);
  const concern = args.document('writeConcern');
  const endsTransaction = name === 'commitTransaction' || name === 'abortTransaction';
  if (concern !== undefined && isInTransaction && !endsTransaction) {
    throw new StoreError(
      'InvalidOptions',
      'writeConcern is not allowed within a multi-statement transaction',
    );
  }
  if (command.writes !== true) return undefined;
  if (isStandalone) assertStandaloneWriteConcern(concern);
  return unmetWriteConcern(concern);
}
