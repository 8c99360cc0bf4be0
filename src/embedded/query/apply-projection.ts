import type { Document } from '../engine/engine.ts';
import { isNumeric, isPlainObject, toNumber, type Fields } from './bson-values.ts';
import { assertProjectionPath } from './check-projection-path.ts';
import { compileExpression, isExpressionOperator } from './compile-expression.ts';
import { idFirst } from './id-first.ts';
import {
  elementMatch,
  isExpressionSlice,
  matchedElement,
  slice,
  type MatchingOptions,
} from './projection-operators.ts';
import {
  addProjectionPath,
  compileProjectionTree,
  createBranch,
  type ProjectionBranch,
  type ProjectionLeaf,
  type ProjectionMode,
} from './projection-tree.ts';
import { refuseAt } from './refuse.ts';

/** What a projection may need besides itself. */
export interface ProjectionOptions extends MatchingOptions {
  readonly now?: Date | undefined;
  /** As a stage `$project`: `$slice`, `$elemMatch` and `.$` have no meaning of their own there. */
  readonly isStage?: boolean;
}

type Wish = 'include' | 'exclude';

interface Building {
  readonly tree: ProjectionBranch;
  readonly options: ProjectionOptions;
  wish: Wish | undefined;
  idWish: Wish | undefined;
  hasPositional: boolean;
  hasElementMatch: boolean;
}

const FIND_OPERATORS = new Set(['$slice', '$elemMatch', '$meta']);

/**
 * Compiles a projection. The result is a new document; the given one is left alone.
 *
 * `{a: 1}` of `{_id: 1, a: 2, b: 3}` is `{_id: 1, a: 2}`.
 *
 * @throws StoreError 31253 or 31254 when fields are both included and excluded, 31252 or 31310 when values
 * are computed in an exclusion, 31249/31250 for paths that collide, 31325 for unknown expressions, others
 * for malformed operands.
 * @see https://www.mongodb.com/docs/manual/reference/method/db.collection.find/#projection
 */
export function compileProjection(
  projection: Document | undefined,
  options: ProjectionOptions = {},
): (document: Document) => Document {
  if (projection === undefined || Object.keys(projection).length === 0) {
    if (options.isStage === true) {
      return refuseAt(
        51272,
        'Invalid $project :: caused by :: projection specification must have at least one field',
      );
    }
    return (document) => document;
  }
  const building: Building = {
    tree: createBranch(),
    options,
    wish: undefined,
    idWish: undefined,
    hasPositional: false,
    hasElementMatch: false,
  };
  for (const [path, value] of Object.entries(projection)) addPath(path, value, building);
  const mode = modeOf(building);
  if (mode === 'drop' && building.idWish === undefined && !building.tree.children.has('_id')) {
    building.tree.children.set('_id', { kind: 'include' });
  }
  const project = compileProjectionTree(building.tree, mode);
  return (document) => (mode === 'drop' ? idFirst(project(document)) : project(document));
}

function modeOf(building: Building): ProjectionMode {
  if (building.wish !== undefined) return building.wish === 'include' ? 'drop' : 'keep';
  return building.idWish === 'include' || building.hasElementMatch ? 'drop' : 'keep';
}

function want(wish: Wish, path: string, building: Building): void {
  if (building.wish === undefined) building.wish = wish;
  if (building.wish === wish) return;
  if (wish === 'exclude')
    refuseAt(31254, `Cannot do exclusion on field ${path} in inclusion projection`);
  refuseAt(31253, `Cannot do inclusion on field ${path} in exclusion projection`);
}

function addPath(path: string, value: unknown, building: Building): void {
  assertProjectionPath(path, { mayBePositional: building.options.isStage !== true });
  if (path.endsWith('.$') && building.options.isStage !== true) {
    addPositional(path.slice(0, -2), value, building);
    return;
  }
  if (isNumeric(value) || typeof value === 'boolean') {
    const wish: Wish = (isNumeric(value) ? toNumber(value) !== 0 : value) ? 'include' : 'exclude';
    if (path === '_id') building.idWish = wish;
    else want(wish, path, building);
    addProjectionPath(building.tree, path, { kind: wish });
    return;
  }
  if (isPlainObject(value)) {
    addObject(path, value, building);
    return;
  }
  if (building.wish === 'exclude') {
    refuseAt(31310, `Cannot use an expression ${path} in an exclusion projection`);
  }
  want('include', path, building);
  addProjectionPath(building.tree, path, computed(value, building));
}

function computed(expression: unknown, { options }: Building): ProjectionLeaf {
  const { collation, variables, now } = options;
  return {
    kind: 'compute',
    evaluate: compileExpression(expression, { collation, variables, now }),
  };
}

function addObject(path: string, value: Fields, building: Building): void {
  const [name, ...more] = Object.keys(value);
  if (name === undefined) {
    return refuseAt(
      51270,
      'An empty sub-projection is not a valid value. Found empty object at path',
    );
  }
  if (!name.startsWith('$')) {
    for (const [inner, each] of Object.entries(value)) addPath(`${path}.${inner}`, each, building);
    return;
  }
  if (more.length > 0) {
    refuseAt(
      31325,
      `an expression specification must contain exactly one field, the name of the expression. Found ${more.length + 1} fields`,
    );
  }
  if (FIND_OPERATORS.has(name) && (building.options.isStage !== true || name === '$meta')) {
    addFindOperator(path, name, value[name], building);
    return;
  }
  if (!isExpressionOperator(name)) {
    const prefix = building.options.isStage === true ? 'Invalid $project :: caused by :: ' : '';
    refuseAt(31325, `${prefix}Unknown expression ${name}`);
  }
  if (building.wish === 'exclude') {
    refuseAt(31252, 'Cannot use expression other than $meta in exclusion projection');
  }
  want('include', path, building);
  addProjectionPath(building.tree, path, computed(value, building));
}

function addFindOperator(path: string, name: string, operand: unknown, building: Building): void {
  switch (name) {
    case '$meta':
      // In a find, a metadata field alone is added to the whole document.
      if (building.options.isStage === true) want('include', path, building);
      addProjectionPath(building.tree, path, computed({ $meta: operand }, building));
      return;
    case '$elemMatch':
      building.hasElementMatch = true;
      addProjectionPath(building.tree, path, elementMatch(path, operand, building.options));
      return;
    default:
      if (isExpressionSlice(operand)) {
        want('include', path, building);
        addProjectionPath(building.tree, path, computed({ $slice: operand }, building));
      } else {
        addProjectionPath(building.tree, path, slice(operand));
      }
  }
}

function addPositional(path: string, value: unknown, building: Building): void {
  if (building.hasPositional)
    refuseAt(31276, 'Cannot specify more than one positional projection per query.');
  if (isPlainObject(value))
    refuseAt(31271, 'positional projection cannot be used with an expression or sub object');
  if (!isNumeric(value) && typeof value !== 'boolean')
    refuseAt(31308, 'positional projection cannot be used with a literal');
  if (value === false || toNumber(value) === 0)
    refuseAt(31395, 'positional projection cannot be used with exclusion');
  building.hasPositional = true;
  want('include', path, building);
  addProjectionPath(building.tree, path, matchedElement(path, building.options));
}
