import { GatewayError } from '../parse/errors.ts';
import type { ParseValue } from '../parse/values.ts';
import type { Constraint } from './constraint.ts';
import { innerConstraints } from './inner-constraints.ts';

/** How large a constraint is. */
export interface ConstraintSize {
  /** Nested constraints, nested queries counting like any other: 1 for a single comparison. */
  readonly depth: number;
  /** Constraints and the values in them, each list element being one. */
  readonly parts: number;
}

/**
 * Measures without recursion, so that no nesting can exhaust the stack. Stops early once beyond `limits`: what it answers then
 * is beyond them, too.
 */
export function measureConstraint(
  constraint: Constraint,
  limits: ConstraintSize = { depth: Infinity, parts: Infinity },
): ConstraintSize {
  const pending: { readonly constraint: Constraint; readonly depth: number }[] = [
    { constraint, depth: 1 },
  ];
  let depth = 0;
  let parts = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    depth = Math.max(depth, next.depth);
    parts += 1 + valuesIn(next.constraint);
    if (depth > limits.depth || parts > limits.parts) break;
    for (const { where } of innerConstraints(next.constraint)) {
      pending.push({ constraint: where, depth: next.depth + 1 });
    }
  }
  return { depth, parts };
}

/**
 * Refuses constraints that are too large to be worked on.
 * @throws GatewayError 102
 */
export function assertConstraintSize(constraint: Constraint, limits: ConstraintSize): void {
  const { depth, parts } = measureConstraint(constraint, limits);
  if (depth > limits.depth) {
    throw new GatewayError('InvalidQuery', `A where may nest ${limits.depth} levels.`);
  }
  if (parts > limits.parts) {
    throw new GatewayError('InvalidQuery', `A where may have ${limits.parts} parts.`);
  }
}

/** How many values a constraint has itself. */
function valuesIn(constraint: Constraint): number {
  switch (constraint.kind) {
    case 'and':
    case 'or':
    case 'nor':
    case 'pointerTo':
    case 'relationTo':
    case 'inQueryKey':
    case 'notInQueryKey':
      return 0;
    case 'in':
    case 'notIn':
    case 'contains':
    case 'containedBy':
      return constraint.values.reduce(addSize, 0);
    case 'compare':
      return addSize(0, constraint.value);
    case 'withinPolygon':
      return constraint.points.length;
    case 'aclAllows':
      return constraint.subjects.length;
    case 'exists':
    case 'regex':
    case 'plainText':
    case 'size':
    case 'text':
    case 'near':
    case 'withinBox':
    case 'withinSphere':
    case 'intersectsPoint':
    case 'relatedTo':
      return 1;
  }
}

/** A list counts its elements, anything else counts once: values are bounded where they are parsed. */
function addSize(sum: number, value: ParseValue): number {
  return sum + (Array.isArray(value) ? Math.max(1, value.length) : 1);
}
