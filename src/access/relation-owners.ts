import type { Pointer } from '../parse/values.ts';
import type { Constraint } from '../query/constraint.ts';

/** Owners of all `relatedTo` parts of a constraint, at any depth; in order of appearance. */
export function relationOwnersIn(constraint: Constraint): readonly Pointer[] {
  switch (constraint.kind) {
    case 'and':
    case 'or':
    case 'nor':
      return constraint.parts.flatMap(relationOwnersIn);
    case 'pointerTo':
    case 'relationTo':
      return relationOwnersIn(constraint.where);
    case 'inQueryKey':
    case 'notInQueryKey':
      return relationOwnersIn(constraint.query.where);
    case 'relatedTo':
      return [constraint.owner];
    case 'compare':
    case 'in':
    case 'notIn':
    case 'exists':
    case 'regex':
    case 'contains':
    case 'plainText':
    case 'size':
    case 'containedBy':
    case 'text':
    case 'near':
    case 'withinBox':
    case 'withinPolygon':
    case 'withinSphere':
    case 'intersectsPoint':
    case 'aclAllows':
      return [];
  }
}
