import type { Document } from '../engine/engine.ts';
import { fieldsOf, isFields, type Fields } from './bson-values.ts';
import { refuse } from './refuse.ts';
import { operatorFields, REMOVED, type LeafUpdate } from './update-operators.ts';
import { applyPath, type PathUpdate, type UpdateScope } from './update-path.ts';

/** A field's new name, as an update of its new path. */
export interface Rename extends LeafUpdate {
  readonly path: string;
  readonly renamedFrom: string;
  readonly onlyOnInsert: false;
}

/** `{a: 'b.c'}` → the renames. @throws StoreError 2 for a path that is none, or one above the other. */
export function readRenames(operand: unknown): readonly Rename[] {
  return Object.entries(operatorFields('$rename', operand)).map(([from, to]) => {
    if (typeof to !== 'string')
      return refuse(`The 'to' field for $rename must be a string: ${from}: ${JSON.stringify(to)}`);
    if (from === to)
      return refuse(`The source and target field for $rename must differ: ${from}: "${to}"`);
    if (to.startsWith(`${from}.`) || from.startsWith(`${to}.`)) {
      refuse(
        `The source and target field for $rename must not be on the same path: ${from}: "${to}"`,
      );
    }
    for (const [side, path] of [
      ['source', from],
      ['destination', to],
    ] as const) {
      if (path.split('.').some((part) => part === '$' || part.startsWith('$['))) {
        refuse(`The ${side} field for $rename may not be dynamic: ${path}`);
      }
    }
    return {
      path: to,
      renamedFrom: from,
      onlyOnInsert: false,
      creates: true,
      apply: (value: unknown) => value,
    };
  });
}

/** The document with the value of one path at another; itself where there is no value. @throws StoreError 2 for a path through an array. */
export function renamed(
  document: Document,
  from: string,
  target: PathUpdate,
  scope: UpdateScope,
): Document {
  const source = from.split('.');
  const value = plainValue(document, source, 'source');
  if (value === undefined) return document;
  plainValue(document, target.parts, 'destination');
  const without = applyPath(
    document,
    { parts: source, creates: false, apply: () => REMOVED },
    scope,
  );
  return applyPath(without, { ...target, apply: () => value }, scope);
}

function plainValue(document: Document, parts: readonly string[], side: string): unknown {
  let current: unknown = document;
  for (const [index, part] of parts.entries()) {
    if (Array.isArray(current)) {
      refuse(
        `The ${side} field cannot be an array element, '${parts.join('.')}' in doc with _id: ${JSON.stringify(document['_id'])} has an array field called '${parts[index - 1] ?? ''}'`,
      );
    }
    if (!isFields(current)) return undefined;
    const fields: Fields = fieldsOf(current);
    current = Object.hasOwn(fields, part) ? fields[part] : undefined;
  }
  return current;
}
