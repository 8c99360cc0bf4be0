import type { ParseObject } from '../parse/object.ts';
import { allOf } from '../query/constraint.ts';
import type { Selection } from '../query/find-request.ts';
import { matches } from '../query/matches.ts';
import type { WriteStep } from '../query/write-request.ts';
import { decideClassAccess } from './class-decision.ts';
import type { WrittenObject } from './guarded-store.ts';
import type { PrincipalReads } from './principal-reads.ts';
import { subjectsOf } from './principal.ts';

/** What a step has written, as the caller may see it: who may write need not be allowed to read, and is told id and times only. */
export function showWritten(
  object: ParseObject,
  step: WriteStep | undefined,
  reads: PrincipalReads,
): WrittenObject {
  if (!reads.isBound) return { object, isReadable: true };
  const { principal } = reads;
  const decision = decideClassAccess(principal, reads.schemaOf(object.className), 'get');
  const subjects = subjectsOf(principal) ?? [];
  const isReadable =
    decision.kind === 'allow' &&
    matches(allOf(decision.where, { kind: 'aclAllows', right: 'read', subjects }), object);
  if (isReadable) {
    const [shown = object] = reads.show([object], object.className, shownColumns(step));
    return { object: shown, isReadable };
  }
  reads.forget(object);
  const acl = { readers: [], writers: [] };
  return { object: { ...object, acl, values: new Map() }, isReadable };
}

/** The columns that the answer to a step needs. */
function shownColumns(step: WriteStep | undefined): Selection {
  return step === undefined || step.kind === 'create' ? 'all' : step.request.select;
}
