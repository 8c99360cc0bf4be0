import type { Document } from '../engine/engine.ts';
import { compileProjection } from './apply-projection.ts';
import { isPlainObject } from './bson-values.ts';
import { compileAddFields } from './compile-add-fields.ts';
import { compileReplaceRoot } from './compile-replace-root.ts';
import { compileUnset } from './compile-unset.ts';
import { idFirst } from './id-first.ts';
import { ALTERED, unchangedOr, withSameId } from './keep-id.ts';
import { refuse } from './refuse.ts';
import type { ApplyUpdate, UpdateOptions } from './update-options.ts';

type Stage = (document: Document) => Document;
type StageCompiler = (operand: unknown, options: UpdateOptions) => Stage;

const UPDATE_STAGES: Readonly<Record<string, StageCompiler>> = {
  $addFields: (operand, options) => compileAddFields(operand, options, '$addFields'),
  $set: (operand, options) => compileAddFields(operand, options, '$set'),
  $unset: (operand) => compileUnset(operand),
  $project: (operand, options) =>
    compileProjection(
      isPlainObject(operand)
        ? operand
        : refuse('$project specification must be an object', 'TypeMismatch'),
      {
        collation: options.collation,
        variables: options.variables,
        now: options.now,
        isStage: true,
      },
    ),
  $replaceRoot: (operand, options) => compileReplaceRoot(operand, '$replaceRoot', options),
  $replaceWith: (operand, options) => compileReplaceRoot(operand, '$replaceWith', options),
};

/**
 * Compiles an update by a pipeline: `[{$set: {a: '$b'}}]`. An `_id` that it drops is kept.
 * @throws StoreError 9 for a stage that is none, 72 for one that no update has; while it runs: 66 for a changed `_id`.
 */
export function compilePipeline(stages: readonly unknown[], options: UpdateOptions): ApplyUpdate {
  const compiled = stages.map((stage) => {
    const [name, ...more] = isPlainObject(stage) ? Object.keys(stage) : [];
    if (!isPlainObject(stage) || name === undefined || more.length > 0) {
      return refuse(
        'A pipeline stage specification object must contain exactly one field.',
        'FailedToParse',
      );
    }
    const compile = Object.hasOwn(UPDATE_STAGES, name) ? UPDATE_STAGES[name] : undefined;
    if (compile === undefined)
      return refuse(`${name} is not allowed to be used within an update`, 'InvalidOptions');
    return compile(stage[name], options);
  });
  return (document) => {
    const after = compiled.reduce((each, stage) => stage(each), document);
    return unchangedOr(document, idFirst(withSameId(document, after, ALTERED)));
  };
}
