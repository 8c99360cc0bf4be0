import type { Collation, Document } from '../engine/engine.ts';
import {
  ACCUMULATORS,
  isAccumulatorName,
  percentiles,
  type Accumulator,
} from '../query/accumulators.ts';
import { isPlainObject, toInteger } from '../query/bson-values.ts';
import { compareValues } from '../query/compare-values.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { compileSort } from '../query/compile-sort.ts';
import { isNullish, objectOperand } from '../query/expression-compiler.ts';
import { parseRanks } from '../query/expressions/array-operators.ts';
import { refuse, refuseAt } from '../query/refuse.ts';
import { expressionOptions, type PipelineContext } from './pipeline-context.ts';

/** An accumulator of documents, made anew for each group. */
export interface AccumulatorPlan {
  /** What is taken from each document. */
  readonly valueOf: (document: Document) => unknown;
  readonly create: () => Accumulator;
}

type PlanCompiler = (operand: unknown, context: PipelineContext, name: string) => AccumulatorPlan;

function collecting(answer: (values: readonly unknown[]) => unknown): Accumulator {
  const values: unknown[] = [];
  return {
    add: (value) => {
      values.push(value);
    },
    result: () => answer(values),
  };
}

function countOf(operand: unknown, context: PipelineContext, name: string): number {
  const n = toInteger(compileExpression(operand, expressionOptions(context))({}));
  return n !== undefined && n > 0
    ? n
    : refuseAt(5787908, `'n' must be greater than 0, found ${String(operand)} for ${name}`);
}

type PickN = (values: readonly unknown[], n: number, collation: Collation | undefined) => unknown;

function picking(pick: PickN): PlanCompiler {
  return (operand, context, name) => {
    const given = objectOperand(operand, name, { required: ['input', 'n'] });
    const n = countOf(given['n'], context, name);
    return {
      valueOf: compileExpression(given['input'], expressionOptions(context)),
      create: () => collecting((values) => pick(values, n, context.collation)),
    };
  };
}

interface Ranked {
  readonly document: Document;
  readonly value: unknown;
}

/** `$top`, `$bottom` and their N forms: outputs of the documents first or last in an order. */
function ranking(isTop: boolean, isMany: boolean): PlanCompiler {
  return (operand, context, name) => {
    const given = objectOperand(operand, name, {
      required: isMany ? ['sortBy', 'output', 'n'] : ['sortBy', 'output'],
    });
    const sortBy = given['sortBy'];
    if (!isPlainObject(sortBy)) return refuseAt(5788005, `${name} 'sortBy' must be an object`);
    const order = compileSort(sortBy, context.collation);
    const output = compileExpression(given['output'], expressionOptions(context));
    const n = isMany ? countOf(given['n'], context, name) : 1;
    return {
      valueOf: (document): Ranked => ({ document, value: output(document) ?? null }),
      create: () =>
        collecting((values) => {
          const ranked = (values as readonly Ranked[]).toSorted((a, b) =>
            order(a.document, b.document),
          );
          const chosen = (isTop ? ranked.slice(0, n) : ranked.slice(-n)).map(({ value }) => value);
          return isMany ? chosen : (chosen[0] ?? null);
        }),
    };
  };
}

function percentilePlan(isMedian: boolean): PlanCompiler {
  return (operand, context, name) => {
    const given = objectOperand(operand, name, {
      required: isMedian ? ['input', 'method'] : ['input', 'p', 'method'],
    });
    if (given['method'] !== 'approximate')
      refuse("Currently only 'approximate' can be used as percentile 'method'.");
    const ranks = isMedian
      ? [0.5]
      : parseRanks(compileExpression(given['p'], expressionOptions(context))({}));
    return {
      valueOf: compileExpression(given['input'], expressionOptions(context)),
      create: () =>
        collecting((values) =>
          isMedian ? percentiles(values, ranks)[0] : percentiles(values, ranks),
        ),
    };
  };
}

const present = (values: readonly unknown[]): unknown[] =>
  values.filter((value) => !isNullish(value));

const SPECIAL: Readonly<Record<string, PlanCompiler>> = {
  $count: (operand) => {
    if (!isPlainObject(operand) || Object.keys(operand).length > 0)
      refuse('$count takes no arguments, i.e. $count:{}', 'TypeMismatch');
    return { valueOf: () => 1, create: () => ACCUMULATORS.$sum() };
  },
  $firstN: picking((values, n) => values.slice(0, n).map((value) => value ?? null)),
  $lastN: picking((values, n) => values.slice(-n).map((value) => value ?? null)),
  $minN: picking((values, n, collation) =>
    present(values)
      .sort((a, b) => compareValues(a, b, collation))
      .slice(0, n),
  ),
  $maxN: picking((values, n, collation) =>
    present(values)
      .sort((a, b) => compareValues(b, a, collation))
      .slice(0, n),
  ),
  $top: ranking(true, false),
  $bottom: ranking(false, false),
  $topN: ranking(true, true),
  $bottomN: ranking(false, true),
  $median: percentilePlan(true),
  $percentile: percentilePlan(false),
  $accumulator: () => refuse('$accumulator is not supported', 'CommandNotSupported'),
};

/** Whether a name is an accumulator of `$group`. */
export function isGroupAccumulator(name: string): boolean {
  return Object.hasOwn(SPECIAL, name) || isAccumulatorName(name);
}

/** An accumulator by name, of `$group` or a window. @throws StoreError 15952 for an unknown name. */
export function compileAccumulator(
  name: string,
  operand: unknown,
  context: PipelineContext,
): AccumulatorPlan {
  const special = Object.hasOwn(SPECIAL, name) ? SPECIAL[name] : undefined;
  if (special !== undefined) return special(operand, context, name);
  if (!isAccumulatorName(name)) return refuseAt(15952, `unknown group operator '${name}'`);
  if (Array.isArray(operand)) {
    const [only] = operand as readonly unknown[];
    if (operand.length !== 1) refuseAt(40237, `The ${name} accumulator is a unary operator`);
    return compileAccumulator(name, only, context);
  }
  const evaluate = compileExpression(operand, expressionOptions(context));
  return { valueOf: evaluate, create: () => ACCUMULATORS[name](context.collation) };
}
