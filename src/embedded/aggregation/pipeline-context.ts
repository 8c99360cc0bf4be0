import type { Collation, Document, ReadCost, Snapshot } from '../engine/engine.ts';
import type { ExpressionOptions } from '../query/compile-expression.ts';

/** What a pipeline runs on. */
export interface PipelineOptions {
  /** Needed by stages that read collections; without it the pipeline runs on `documents` alone. */
  readonly snapshot?: Snapshot | undefined;
  readonly database?: string | undefined;
  /** Absent for a pipeline on a database, which begins with a stage that makes documents. */
  readonly collection?: string | undefined;
  /** Runs the pipeline on these in place of a collection. */
  readonly documents?: Iterable<Document> | undefined;
  readonly collation?: Collation | undefined;
  /** Values of `let`. */
  readonly variables?: Document | undefined;
  readonly hint?: string | Document | undefined;
  readonly now?: Date | undefined;
  /** Called for every read of a collection that ends. */
  readonly onCost?: ((cost: ReadCost) => void) | undefined;
  /** Called every so often; throws when the command is to stop. */
  readonly interrupt?: (() => void) | undefined;
}

/** The options of one pipeline, with what it has found out so far. */
export interface PipelineContext extends PipelineOptions {
  readonly now: Date;
  /** Runs a pipeline within this one, e.g. of `$lookup`. */
  readonly run: (pipeline: readonly Document[], changed: PipelineOptions) => Iterable<Document>;
}

/** A stage ready to run. What is wrong with its operand was said when it was compiled. */
export type Stage = (input: Iterable<Document>) => Iterable<Document>;

export type StageCompiler = (operand: unknown, context: PipelineContext, name: string) => Stage;

/** What the expressions of a stage are compiled with. */
export function expressionOptions(context: PipelineContext): ExpressionOptions {
  return { collation: context.collation, variables: context.variables, now: context.now };
}
