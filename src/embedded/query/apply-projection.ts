import type { Collation, Document } from '../engine/engine.ts';
import {
  bsonTypeOf,
  isNumeric,
  isPlainObject,
  toInteger,
  toNumber,
  type Fields,
} from './bson-values.ts';
import { compileExpression, isExpressionOperator } from './compile-expression.ts';
import { compileFilter } from './compile-filter.ts';
import { passMeta } from './document-meta.ts';
import { compileMatchedIndex } from './matched-index.ts';
import {
  addProjectionPath,
  applyProjectionTree,
  createBranch,
  type ProjectionBranch,
  type ProjectionLeaf,
  type ProjectionMode,
} from './projection-tree.ts';
import { idFirst } from './id-first.ts';
import { refuseAt } from './refuse.ts';

export interface ProjectionOptions {
  /** The find's filter, which tells the positional `$` which element matched. */
  readonly filter?: Document | undefined;
  readonly collation?: Collation | undefined;
  readonly variables?: Document | undefined;
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
}

const FIND_OPERATORS = new Set(['$slice', '$elemMatch', '$meta']);

/**
 * Compiles a projection. The result is a new document; the given one is left alone.
 *
 * `{a: 1}` of `{_id: 1, a: 2, b: 3}` is `{_id: 1, a: 2}`.
 *
 * @throws StoreError 31253 or 31254 when fields are both included and excluded, 31249/31250 for paths that
 * collide, 31325 for unknown expressions, others for malformed operands.
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
  };
  for (const [path, value] of Object.entries(projection)) addPath(path, value, building);
  const mode = modeOf(building);
  if (mode === 'drop' && building.idWish === undefined && !building.tree.children.has('_id')) {
    building.tree.children.set('_id', { kind: 'include' });
  }
  return (document) => {
    const result = applyProjectionTree(document, building.tree, mode);
    passMeta(document, result);
    return mode === 'drop' ? idFirst(result) : result;
  };
}

function modeOf(building: Building): ProjectionMode {
  if (building.wish !== undefined) return building.wish === 'include' ? 'drop' : 'keep';
  return building.idWish === 'include' ? 'drop' : 'keep';
}

function want(wish: Wish, path: string, building: Building): void {
  if (building.wish === undefined) building.wish = wish;
  if (building.wish === wish) return;
  if (wish === 'exclude')
    refuseAt(31254, `Cannot do exclusion on field ${path} in inclusion projection`);
  refuseAt(31253, `Cannot do inclusion on field ${path} in exclusion projection`);
}

function addPath(path: string, value: unknown, building: Building): void {
  assertPath(path, building);
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
  want('include', path, building);
  addProjectionPath(building.tree, path, computed(value, building));
}

function assertPath(path: string, building: Building): void {
  if (path === '') refuseAt(40352, 'FieldPath cannot be constructed with empty string');
  if (path.endsWith('.')) refuseAt(40353, "FieldPath must not end with a '.'.");
  const parts = path.split('.');
  const isPositional = (part: string, index: number): boolean =>
    part === '$' && index === parts.length - 1 && index > 0 && building.options.isStage !== true;
  const wrong = parts.find(
    (part, index) =>
      part.startsWith('$') && !/^\$(?:id|ref|db)$/.test(part) && !isPositional(part, index),
  );
  if (wrong === undefined) return;
  if (wrong === '$') {
    refuseAt(
      31394,
      `As of 4.4, it's illegal to specify positional operator in the middle of a path. Positional projection may only be used at the end, for example: a.b.$.`,
    );
  }
  refuseAt(
    16410,
    "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
  );
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
  if (path === '_id') building.idWish = 'include';
  else want('include', path, building);
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
      want('include', path, building);
      addProjectionPath(building.tree, path, elementMatch(path, operand, building));
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

/** `{$slice: ['$a', 1]}` is the expression; `{$slice: [1, 2]}` is skip and limit. */
function isExpressionSlice(operand: unknown): boolean {
  return Array.isArray(operand) && (operand.length !== 2 || !isNumeric(operand[0]));
}

function slice(operand: unknown): ProjectionLeaf {
  const [first, second] = (Array.isArray(operand) ? operand : [operand]) as readonly unknown[];
  const start = isNumeric(first)
    ? Math.trunc(toNumber(first))
    : refuseAt(28667, 'Invalid $slice syntax. The given syntax did not match the find() syntax');
  if (second !== undefined && (toInteger(second) ?? 0) < 1)
    refuseAt(28724, 'First argument to $slice must be an array, or $slice limit must be positive');
  const count = second === undefined ? undefined : (toInteger(second) ?? 0);
  return {
    kind: 'change',
    change: (value) => (Array.isArray(value) ? sliced(value, start, count) : value),
  };
}

function sliced(
  array: readonly unknown[],
  start: number,
  count: number | undefined,
): readonly unknown[] {
  if (count === undefined) return start >= 0 ? array.slice(0, start) : array.slice(start);
  const from = start >= 0 ? start : Math.max(0, array.length + start);
  return array.slice(from, from + count);
}

function elementMatch(path: string, operand: unknown, { options }: Building): ProjectionLeaf {
  if (!isPlainObject(operand))
    return refuseAt(
      31274,
      `elemMatch: Invalid argument, object required, but got ${bsonTypeOf(operand)}`,
    );
  if (path.includes('.'))
    return refuseAt(31275, 'Cannot use $elemMatch projection on a nested field.');
  const matches = compileFilter(
    { a: { $elemMatch: operand } },
    { collation: options.collation, variables: options.variables },
  );
  return {
    kind: 'change',
    change: (value) => {
      if (!Array.isArray(value)) return undefined;
      const found = value.findIndex((element: unknown) => matches({ a: [element] }));
      return found < 0 ? undefined : [value[found]];
    },
  };
}

function addPositional(path: string, value: unknown, building: Building): void {
  if (building.hasPositional)
    refuseAt(31276, 'Cannot specify more than one positional projection per query.');
  if (!(value === true || toNumber(value) !== 0)) {
    refuseAt(31395, 'positional projection cannot be used with exclusion');
  }
  building.hasPositional = true;
  want('include', path, building);
  const { filter = {}, collation, variables } = building.options;
  const matchedIndex = compileMatchedIndex(filter, { collation, variables });
  addProjectionPath(building.tree, path, {
    kind: 'change',
    change: (array, root) => {
      if (!Array.isArray(array)) return array;
      const index = matchedIndex(root, path);
      if (index === undefined || index >= array.length) {
        return refuseAt(
          51246,
          "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
        );
      }
      return [array[index] as unknown];
    },
  });
}

/** Compiles `$addFields`/`$set`: the document with some fields set, at dotted paths too. @throws StoreError 40272, 168. */
export function compileAddFields(
  fields: unknown,
  options: Omit<ProjectionOptions, 'isStage' | 'filter'>,
  name = '$addFields',
): (document: Document) => Document {
  if (!isPlainObject(fields)) {
    return refuseAt(
      40272,
      `${name} specification stage must be an object, got ${bsonTypeOf(fields)}`,
    );
  }
  const tree = createBranch();
  const add = (path: string, value: unknown): void => {
    assertPath(path, {
      tree,
      options: { isStage: true },
      wish: undefined,
      idWish: undefined,
      hasPositional: false,
    });
    const isNested =
      isPlainObject(value) &&
      Object.keys(value).length > 0 &&
      !Object.keys(value).some((key) => key.startsWith('$'));
    if (isNested) for (const [inner, each] of Object.entries(value)) add(`${path}.${inner}`, each);
    else
      addProjectionPath(tree, path, {
        kind: 'compute',
        evaluate: compileExpression(value, options),
      });
  };
  for (const [path, value] of Object.entries(fields)) add(path, value);
  return (document) => {
    const result = applyProjectionTree(document, tree, 'keep');
    passMeta(document, result);
    return result;
  };
}

/** Compiles `$unset`: the document without some paths. @throws StoreError 31002, 31119, 31120. */
export function compileUnset(paths: unknown): (document: Document) => Document {
  const list: readonly unknown[] = Array.isArray(paths) ? paths : [paths];
  if (list.length === 0)
    return refuseAt(
      31119,
      '$unset specification must be a string or an array with at least one field',
    );
  const tree = createBranch();
  for (const path of list) {
    if (typeof path !== 'string')
      return refuseAt(
        31120,
        '$unset specification must be a string or an array containing only string values',
      );
    addProjectionPath(tree, path, { kind: 'exclude' });
  }
  return (document) => {
    const result = applyProjectionTree(document, tree, 'keep');
    passMeta(document, result);
    return result;
  };
}
