import type { SignedIn } from '../../account/account-service.ts';
import type { ApiContext, CallersDoors } from '../api-context.ts';

/** Whose doors a context had before somebody logged in. */
const CALLERS = new WeakMap<ApiContext, CallersDoors>();

/**
 * From now on, and until the root field that is being resolved is done, the operation reads as the user of this session: what a
 * log-in selects of its viewer is what that user may see. Cost: that of roles.
 */
export async function readAs(session: SignedIn, context: ApiContext): Promise<void> {
  const { store, loaders } = context;
  const doors = await context.doorsOf(session);
  if (!CALLERS.has(context)) CALLERS.set(context, { store, loaders });
  Object.assign(context, doors);
}

/** Each root field begins as who sent the request: logging in is no licence for the rest of the document. */
export function restoreCaller(context: ApiContext): void {
  const doors = CALLERS.get(context);
  if (doors === undefined) return;
  CALLERS.delete(context);
  Object.assign(context, doors);
}
