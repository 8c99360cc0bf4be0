import { describe, expect, it } from 'vitest';
import {
  column,
  EVERYTHING,
  hasObjectIdIn,
  type Constraint,
} from '../../../src/query/constraint.ts';
import { assertConstraintSize, measureConstraint } from '../../../src/query/measure-constraint.ts';

function nested(levels: number): Constraint {
  let constraint: Constraint = EVERYTHING;
  for (let level = 1; level < levels; level += 1) constraint = { kind: 'nor', parts: [constraint] };
  return constraint;
}

describe('measureConstraint', () => {
  it('counts nesting and values, through nested queries too', () => {
    const where: Constraint = {
      kind: 'pointerTo',
      field: 'owner',
      targetClass: 'Game',
      isNegated: false,
      where: {
        kind: 'and',
        parts: [hasObjectIdIn(['a', 'b']), { kind: 'exists', column: column('x'), exists: true }],
      },
    };
    expect(measureConstraint(where)).toEqual({ depth: 3, parts: 7 });
    expect(measureConstraint(EVERYTHING)).toEqual({ depth: 1, parts: 1 });
  });

  it('measures and refuses 100,000 levels without exhausting the stack', () => {
    const deep = nested(100_000);
    expect(measureConstraint(deep).depth).toBe(100_000);
    expect(() => {
      assertConstraintSize(deep, { depth: 20, parts: 1_000 });
    }).toThrow('nest 20 levels');
  });

  it('refuses too many values', () => {
    const ids = Array.from({ length: 11 }, (_, index) => String(index));
    expect(() => {
      assertConstraintSize(hasObjectIdIn(ids), { depth: 5, parts: 10 });
    }).toThrow('10 parts');
    expect(() => {
      assertConstraintSize(hasObjectIdIn(ids), { depth: 5, parts: 12 });
    }).not.toThrow();
  });
});
