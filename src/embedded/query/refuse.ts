import { StoreError, type StoreErrorName } from '../errors.ts';

/**
 * Throws the error a client sees for a request this store will not run.
 *
 * @throws StoreError always.
 */
export function refuse(message: string, name: StoreErrorName = 'BadValue'): never {
  throw new StoreError(name, message);
}

/**
 * As `refuse`, with one of MongoDB's nameless location codes, e.g. 31254.
 *
 * @throws StoreError always.
 */
export function refuseAt(code: number, message: string): never {
  throw new StoreError('BadValue', message, { code });
}
