import type { Pointer } from '../parse/values.ts';
import type { Constraint } from '../query/constraint.ts';
import { innerConstraints } from '../query/inner-constraints.ts';

/** Owners of all `relatedTo` parts of a constraint, at any depth; in order of appearance. */
export function relationOwnersIn(constraint: Constraint): readonly Pointer[] {
  if (constraint.kind === 'relatedTo') return [constraint.owner];
  return innerConstraints(constraint).flatMap(({ where }) => relationOwnersIn(where));
}
