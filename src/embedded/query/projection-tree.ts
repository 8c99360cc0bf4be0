import type { Document } from '../engine/engine.ts';
import { fieldsOf, isFields, putField, type Fields } from './bson-values.ts';
import { passMeta } from './document-meta.ts';
import { refuseAt } from './refuse.ts';

/** What happens at the end of a projected path. */
export type ProjectionLeaf =
  | { readonly kind: 'include' }
  | { readonly kind: 'exclude' }
  /** A new value, from the whole document; undefined removes the field. */
  | { readonly kind: 'compute'; readonly evaluate: (root: Document) => unknown }
  /** A new value from the field's own; undefined removes the field, an absent field stays absent. */
  | { readonly kind: 'change'; readonly change: (value: unknown, root: Document) => unknown };

export interface ProjectionBranch {
  readonly kind: 'branch';
  readonly children: Map<string, ProjectionNode>;
  /** Whether a value is computed somewhere below, so that the field comes to be where it is absent. */
  hasComputed: boolean;
}

export type ProjectionNode = ProjectionLeaf | ProjectionBranch;

/** A tree without paths. */
export function createBranch(): ProjectionBranch {
  return { kind: 'branch', children: new Map(), hasComputed: false };
}

/** Adds one dotted path. @throws StoreError 31249 or 31250 when it is above or below another. */
export function addProjectionPath(
  root: ProjectionBranch,
  path: string,
  leaf: ProjectionLeaf,
): void {
  const parts = path.split('.');
  let branch = root;
  for (const [index, part] of parts.entries()) {
    if (part === '') {
      refuseAt(path === '' ? 40352 : 15998, 'FieldPath field names may not be empty strings.');
    }
    if (leaf.kind === 'compute') branch.hasComputed = true;
    const known = branch.children.get(part);
    if (index === parts.length - 1) {
      if (known !== undefined) refuseAt(31250, `Path collision at ${path}`);
      branch.children.set(part, leaf);
      return;
    }
    if (known === undefined) {
      const next = createBranch();
      branch.children.set(part, next);
      branch = next;
    } else if (known.kind === 'branch') {
      branch = known;
    } else {
      refuseAt(
        31249,
        `Path collision at ${path} remaining portion ${parts.slice(index + 1).join('.')}`,
      );
    }
  }
}

/** Whether fields the tree does not name are kept. */
export type ProjectionMode = 'keep' | 'drop';

/**
 * The document a tree makes of one, with its metadata. Fields stay in the document's order; computed fields that are new come
 * last, in the tree's order. Paths reach into arrays, element by element.
 */
export function compileProjectionTree(
  tree: ProjectionBranch,
  mode: ProjectionMode,
): (document: Document) => Document {
  return (document) => {
    const result = applyBranch(document, tree, mode, document);
    passMeta(document, result);
    return result;
  };
}

function applyBranch(
  given: Fields,
  branch: ProjectionBranch,
  mode: ProjectionMode,
  root: Document,
): Fields {
  const result: Fields = {};
  const fields = fieldsOf(given);
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    const node = branch.children.get(name);
    if (node === undefined) {
      if (mode === 'keep') putField(result, name, value);
      continue;
    }
    // A computed field keeps its old place only where the other fields are kept.
    if (node.kind === 'compute' && mode === 'drop') continue;
    const next = applyNode(value, node, mode, root);
    if (next !== undefined) putField(result, name, next);
  }
  if (!branch.hasComputed) return result;
  for (const [name, node] of branch.children) {
    if (node.kind === 'compute') {
      if (mode === 'keep' && Object.hasOwn(fields, name)) continue;
      const value = node.evaluate(root);
      if (value !== undefined) putField(result, name, value);
    } else if (node.kind === 'branch' && node.hasComputed && !Object.hasOwn(fields, name)) {
      putField(result, name, applyBranch({}, node, mode, root));
    }
  }
  return result;
}

function applyNode(
  value: unknown,
  node: ProjectionNode,
  mode: ProjectionMode,
  root: Document,
): unknown {
  switch (node.kind) {
    case 'include':
      return value;
    case 'exclude':
      return undefined;
    case 'compute':
      return node.evaluate(root);
    case 'change':
      return node.change(value, root);
    case 'branch':
      return applyInside(value, node, mode, root);
  }
}

function applyInside(
  value: unknown,
  branch: ProjectionBranch,
  mode: ProjectionMode,
  root: Document,
): unknown {
  if (Array.isArray(value)) {
    return value
      .map((element: unknown) => applyInside(element, branch, mode, root))
      .filter((element) => element !== undefined);
  }
  if (isFields(value)) return applyBranch(value, branch, mode, root);
  if (branch.hasComputed) return applyBranch({}, branch, mode, root);
  return mode === 'keep' ? value : undefined;
}
