import type { Constraint } from '../query/constraint.ts';
import type { AccountColumns } from '../storage/account-columns.ts';
import type { WrittenObject, WritePlan } from './guarded-store.ts';
import type { Principal } from './principal.ts';

/** What account/ adds to a step that writes a user, beyond what the principal may write. */
export interface AccountWrite {
  readonly columns: AccountColumns;
  /** What must still hold of the stored user. */
  readonly guard: Constraint;
}

/**
 * Writes users with what only the server may write of them. A door for account/ alone: for everything else of a step, and for
 * whether it may be at all, the principal's rules decide as in `GuardedStore.write`.
 */
export interface GuardedUsers {
  readonly principal: Principal;
  /** Refuses what can be refused without a look into the database. @throws GatewayError as `GuardedStore.write`. */
  assertMayWrite(plan: WritePlan): void;
  /** As `GuardedStore.write`; `accounts` by the place of the step. */
  writeUsers(
    plan: WritePlan,
    accounts: ReadonlyMap<number, AccountWrite>,
  ): Promise<readonly WrittenObject[]>;
  /** Whether the principal may change this user now. Cost: 1 command. @throws GatewayError as `GuardedStore.update`. */
  mayUpdateUser(userId: string): Promise<boolean>;
}
