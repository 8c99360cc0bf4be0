import type { ClassCatalog } from '../../parse/class-schema.ts';
import type { Constraint } from '../../query/constraint.ts';
import { innerConstraints } from '../../query/inner-constraints.ts';
import { measureConstraint } from '../../query/measure-constraint.ts';
import type { ApiContext } from '../api-context.ts';
import { invalidQuery } from './operators.ts';

/** What the wheres of one operation have asked for so far. */
interface Spent {
  parts: number;
  lookups: number;
}

const SPENT = new WeakMap<object, Spent>();

/**
 * Reads a where and counts it with the others of its operation: hundreds of aliases may each be given the same large one. Once they are
 * too many, no more are read.
 * @throws GatewayError 102 when together they hold more values, or more conditions on other objects, than an operation may.
 */
export function readAllowed(
  read: () => Constraint,
  className: string,
  context: Pick<ApiContext, 'catalog' | 'limits'>,
): Constraint {
  const spent = SPENT.get(context) ?? { parts: 0, lookups: 0 };
  SPENT.set(context, spent);
  assertWithin(spent, context.limits);
  const where = read();
  spent.parts += measureConstraint(where).parts;
  spent.lookups += countLookups(where, className, context.catalog);
  assertWithin(spent, context.limits);
  return where;
}

function assertWithin(
  { parts, lookups }: Spent,
  { maxOperationParts, maxLookups }: ApiContext['limits'],
): void {
  if (parts > maxOperationParts) {
    throw invalidQuery(`The wheres of an operation may hold ${maxOperationParts} values`);
  }
  if (lookups > maxLookups) {
    throw invalidQuery(
      `The wheres of an operation may hold ${maxLookups} conditions on other objects`,
    );
  }
}

/** How many of the conditions need other rows than those they are asked of: each costs a command or two. */
function countLookups(where: Constraint, className: string, { classes }: ClassCatalog): number {
  const pending = [{ where, className }];
  let lookups = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const own = next.className;
    for (const { where: inner, className: other = own } of innerConstraints(next.where)) {
      pending.push({ where: inner, className: other });
    }
    switch (next.where.kind) {
      case 'pointerTo':
      case 'relationTo':
      case 'inQueryKey':
      case 'notInQueryKey':
      case 'relatedTo':
        lookups += 1;
        break;
      case 'compare':
      case 'in':
      case 'notIn': {
        const field = classes.get(own)?.fields.get(next.where.column.name);
        if (field?.type.kind === 'Relation') lookups += 1;
        break;
      }
      case 'and':
      case 'or':
      case 'nor':
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
        break;
    }
  }
  return lookups;
}
