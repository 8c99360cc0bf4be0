import type { AccessExplanation } from '../../access/explain-access.ts';
import { objectIdFor } from '../arguments/global-id.ts';
import { answering } from '../errors.ts';

/**
 * `explainAccess(className, userId, roles)`; the user by object id or global id. Cost: that of the explainer.
 * @throws GatewayError 119 without the master key, 103 and 101 for what does not exist.
 */
export const resolveExplainAccess = answering(
  (_source, { className, userId, roles }, { explainAccess, catalog }): Promise<AccessExplanation> =>
    explainAccess({
      className: String(className),
      // The global id of another class is no user's id, and stays one that is not found.
      userId: isText(userId)
        ? (objectIdFor('_User', userId, catalog.classes) ?? userId)
        : undefined,
      roles: Array.isArray(roles) ? roles.filter(isText) : [],
    }),
);

const isText = (value: unknown): value is string => typeof value === 'string';
