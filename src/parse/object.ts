import type { Acl } from './acl.ts';
import type { ParseValue } from './values.ts';

/**
 * One object of a class, decoded.
 *
 * `values` holds declared columns only; a column that is not stored, not selected or that contradicts its class is absent.
 * Relations hold nothing here. `createdAt` and `updatedAt` are `undefined` when the row lacks them.
 */
export interface ParseObject {
  readonly className: string;
  readonly objectId: string;
  readonly createdAt: Date | undefined;
  readonly updatedAt: Date | undefined;
  readonly acl: Acl;
  readonly values: ReadonlyMap<string, ParseValue>;
}
