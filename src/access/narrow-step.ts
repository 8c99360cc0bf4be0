import { GatewayError } from '../parse/errors.ts';
import { EVERYTHING, allOf, isNothing, type Constraint } from '../query/constraint.ts';
import type { Selection } from '../query/find-request.ts';
import type { DeleteRequest, UpdateRequest, WriteStep } from '../query/write-request.ts';
import type { AccessRules } from './access-rules.ts';
import { widenSelection } from './column-rule.ts';
import { assertNoDeniedKeyword } from './denied-keywords.ts';
import { assertChangeable, assertCreatable, withDefaultAcl } from './guarded-writes.ts';
import type { PrincipalReads } from './principal-reads.ts';

/** Whose step it is, and by which rules it is judged. */
export interface StepJudge {
  readonly reads: PrincipalReads;
  readonly rules: AccessRules;
}

/**
 * Refuses what can be refused without a look into the database.
 * @throws GatewayError 119, 105, 206 for users that nobody has signed in to change; as `assertNoDeniedKeyword`.
 */
export function assertStepAllowed(step: WriteStep, { reads, rules }: StepJudge): void {
  const { kind, request } = step;
  const { className } = request;
  if (kind !== 'create') assertKnowsUser(className, reads);
  const schema = reads.schemaOf(className);
  reads.narrowing.rowsFor(className, kind);
  if (kind === 'create') assertCreatable(reads.principal, schema, request);
  else if (kind === 'update') assertChangeable(reads.principal, schema, request);
  assertNoDeniedKeyword(rules.requestKeywordDenylist, step);
}

/** @throws GatewayError 206 when nobody is signed in to change a user. */
export function assertKnowsUser(className: string, { principal }: PrincipalReads): void {
  if (className === '_User' && principal.kind === 'anonymous') {
    throw new GatewayError('SessionMissing', 'Permission denied');
  }
}

/** The step with the caller's rights in it. Cost: that of the owners which `PrincipalReads.narrow` has to look up. */
export async function narrowStep(step: WriteStep, { reads, rules }: StepJudge): Promise<WriteStep> {
  switch (step.kind) {
    case 'create': {
      const schema = reads.schemaOf(step.request.className);
      return { ...step, request: withDefaultAcl(step.request, reads.principal, { schema, rules }) };
    }
    case 'update': {
      const guard = await conditionOf(step.request, 'update', reads);
      const select = selectWritten(step.request, reads);
      return { ...step, request: { ...step.request, guard, select } };
    }
    case 'delete': {
      const guard = await conditionOf(step.request, 'delete', reads);
      const select = selectWritten(step.request, reads);
      return { ...step, request: { ...step.request, guard, select } };
    }
  }
}

/** True when no object can be what a narrowed step changes. */
export function isImpossible(step: WriteStep): boolean {
  return step.kind !== 'create' && isNothing(step.request.guard);
}

/** Which objects are written, and which of them they must be. */
interface GuardedRequest {
  readonly className: string;
  readonly guard: Constraint;
}

/** The guard of a write with the caller's right to the operation in it. */
export function narrowGuard(
  { className, guard }: GuardedRequest,
  operation: 'update' | 'delete',
  reads: PrincipalReads,
): Constraint | Promise<Constraint> {
  return reads.isBound ? reads.narrow({ className, where: guard }, operation) : guard;
}

/** As `narrowGuard`. Whoever sets a condition must also be allowed to see whether it holds. */
async function conditionOf(
  request: GuardedRequest,
  operation: 'update' | 'delete',
  reads: PrincipalReads,
): Promise<Constraint> {
  const guard = await narrowGuard(request, operation, reads);
  if (request.guard === EVERYTHING || !reads.isBound) return guard;
  return allOf(guard, reads.narrowing.rowsFor(request.className, 'get'));
}

function selectWritten(
  { className, select }: UpdateRequest | DeleteRequest,
  reads: PrincipalReads,
): Selection {
  return reads.isBound ? widenSelection(select, reads.columnsLookedAt(className)) : select;
}
