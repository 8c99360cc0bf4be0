import { GatewayError } from '../../parse/errors.ts';
import { answering } from '../errors.ts';
import type { ClassPlan } from '../plan/api-plan.ts';
import { columnsOnce } from './object.ts';

interface Viewer {
  readonly sessionToken: string;
  readonly userId: string;
}

/** `viewer`: the signed-in user's session. Cost: 0 commands. @throws GatewayError 209 when nobody is signed in. */
export const resolveViewer = answering((_source, _args, { store: { principal } }): Viewer => {
  if (principal.kind !== 'user') throw invalidSession();
  return { sessionToken: principal.sessionToken, userId: principal.userId };
});

/** The signed-in user's object. Cost: 1 command. @throws GatewayError 209 when it is gone. */
export function resolveViewerUser(plan: ClassPlan) {
  const columns = columnsOnce(plan);
  return answering<Viewer>(async ({ userId }, _args, { loaders }, info) => {
    const user = await loaders.object(plan.schema.className, userId, columns(info));
    if (user === undefined) throw invalidSession();
    return user;
  });
}

function invalidSession(): GatewayError {
  return new GatewayError('InvalidSessionToken', 'Invalid session token');
}
