import type { Document } from '../engine/engine.ts';
import type { PipelineContext } from './pipeline-context.ts';

/** One sorted partition, as window functions see it. */
export interface SortedPartition {
  readonly documents: readonly Document[];
  /** The value each document is sorted by; null where there is no sort or more than one path. */
  readonly keys: readonly unknown[];
  /** Whether two documents are equal in the sort. */
  readonly isTie: (a: Document, b: Document) => boolean;
}

/** Computes one output field for every document of a partition. */
export type WindowFunction = (partition: SortedPartition) => readonly unknown[];

/** Makes a window function of its operand and the `window` beside it. */
export type FunctionCompiler = (
  operand: unknown,
  window: unknown,
  context: PipelineContext,
) => WindowFunction;
