import type { Collation, Document, Namespace, WriteBatch } from '../engine/engine.ts';
import {
  type ApplyUpdate,
  compileUpdate,
  type UpdateKind,
  updateKind,
  upsertSeed,
} from '../query/apply-update.ts';
import { isDocument, wrongType } from './arguments.ts';
import { storableDocument } from './stored-document.ts';

/** An update with everything that decides what it does to a document. */
export interface UpdateParts {
  readonly filter: Document;
  readonly update: unknown;
  readonly arrayFilters: readonly Document[] | undefined;
  readonly collation: Collation | undefined;
  readonly variables: Document | undefined;
}

/** How the changed documents are written. */
export interface UpdateTarget {
  readonly namespace: Namespace;
  readonly bypassValidation: boolean;
}

/** The path of the update document in messages. @throws StoreError 9 or 14 unless it is a document or a pipeline. */
export function parseUpdateDocument(path: string, value: unknown): Document | readonly Document[] {
  if (isDocument(value)) return value;
  if (Array.isArray(value)) {
    return value.map((stage, index) => {
      if (isDocument(stage)) return stage;
      throw wrongType(`${path}.${index}`, stage, ['object']);
    });
  }
  throw wrongType(path, value, ['object', 'array']);
}

/** The update of one statement, ready to be applied. */
export interface PlannedUpdate {
  readonly kind: UpdateKind;
  readonly apply: ApplyUpdate;
}

/** Compiles the update of one statement. @throws StoreError for anything malformed in it. */
export function planUpdate(parts: UpdateParts): PlannedUpdate {
  const { filter, update, arrayFilters, collation, variables } = parts;
  return {
    kind: updateKind(update),
    apply: compileUpdate(update, { filter, arrayFilters, collation, variables }),
  };
}

/** Applies an update to one stored document; not modified when that changes nothing. */
export function updateDocument(
  batch: WriteBatch,
  { namespace, bypassValidation }: UpdateTarget,
  { kind, apply }: PlannedUpdate,
  before: Document,
): { readonly after: Document; readonly isModified: boolean } {
  const after = apply(before);
  if (after === before) return { after, isModified: false };
  const isModified = batch.replace(namespace, before, after, {
    kind: kind === 'replacement' ? 'replace' : 'update',
    bypassValidation,
  });
  return { after, isModified };
}

/** Inserts what an upsert makes of its filter and its update; returns the new document. */
export function upsertDocument(
  batch: WriteBatch,
  { namespace, bypassValidation }: UpdateTarget,
  { kind, apply }: PlannedUpdate,
  filter: Document,
): Document {
  const document = storableDocument(apply(upsertSeed(filter, kind), { isInsert: true }));
  batch.insert(namespace, document, { bypassValidation });
  return document;
}
