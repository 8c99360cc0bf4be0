import type { Constraint } from './constraint.ts';

/** A constraint that stands in another one. */
export interface InnerConstraint {
  readonly where: Constraint;
  /** Whose objects it means; `undefined`: those that the other one means, too. */
  readonly className: string | undefined;
}

/** The constraints that stand directly in one, those of nested queries included, in their order. */
export function innerConstraints(constraint: Constraint): readonly InnerConstraint[] {
  switch (constraint.kind) {
    case 'and':
    case 'or':
    case 'nor':
      return constraint.parts.map((where) => ({ where, className: undefined }));
    case 'pointerTo':
    case 'relationTo':
      return [{ where: constraint.where, className: constraint.targetClass }];
    case 'inQueryKey':
    case 'notInQueryKey':
      return [constraint.query];
    case 'relatedTo':
    case 'compare':
    case 'in':
    case 'notIn':
    case 'exists':
    case 'regex':
    case 'plainText':
    case 'size':
    case 'contains':
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
