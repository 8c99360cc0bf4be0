import { isPlainObject } from '../query/bson-values.ts';
import type { Document } from '../engine/engine.ts';
import { refuse } from '../query/refuse.ts';
import { parseFrom } from './lookup.ts';
import type { StageCompiler } from './pipeline-context.ts';

/** `$unionWith`: the documents that come, then those of another collection or of a pipeline of its own. */
export const unionWith: StageCompiler = (operand, context) => {
  const given = isPlainObject(operand) ? operand : { coll: operand };
  const { coll, pipeline = [], ...others } = given;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    refuse(`BSON field '$unionWith.${unknown}' is an unknown field.`, 'UnknownOperatorOrField');
  if (!Array.isArray(pipeline))
    return refuse("$unionWith argument 'pipeline' must be an array", 'TypeMismatch');
  const stages = pipeline as readonly Document[];
  const makesDocuments = coll === undefined && '$documents' in (stages[0] ?? {});
  const from = makesDocuments ? undefined : parseFrom(coll, context, '$unionWith');
  return function* (input) {
    yield* input;
    yield* context.run(stages, { database: context.database, collection: from?.collection });
  };
};
