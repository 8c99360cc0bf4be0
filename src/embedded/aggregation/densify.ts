import { Long } from 'bson';
import type { Document } from '../engine/engine.ts';
import { doubleOf, toDecimal, wholeNumber } from '../query/arithmetic.ts';
import {
  bsonTypeOf,
  isNumeric,
  isPlainObject,
  toInteger,
  toNumber,
  type NumberValue,
} from '../query/bson-values.ts';
import { compileExpression } from '../query/compile-expression.ts';
import { addUnits, parseUnit, type DateUnit } from '../query/expressions/date-units.ts';
import { refuse, refuseAt } from '../query/refuse.ts';
import { partitionBy } from './partitions.ts';
import { expressionOptions, type StageCompiler } from './pipeline-context.ts';
import { plainValueAt, setPath } from './set-path.ts';

const MAX_DOCUMENTS = 500_000;

interface DensifyPlan {
  readonly field: string;
  readonly partitions: readonly string[];
  readonly step: NumberValue;
  readonly unit: DateUnit | undefined;
  readonly bounds: 'full' | 'partition' | readonly [low: unknown, high: unknown];
}

function positionOf(value: unknown, unit: DateUnit | undefined): number {
  if (unit !== undefined) {
    return value instanceof Date
      ? value.getTime()
      : refuseAt(6053600, "Densify field type must be a date with 'unit' specified");
  }
  return isNumeric(value)
    ? toNumber(value)
    : refuseAt(
        5733201,
        "Densify field type must be numeric with 'unit' unspecified, or a date with 'unit' specified",
      );
}

function parseDensify(operand: unknown): DensifyPlan {
  if (!isPlainObject(operand))
    return refuse('The $densify stage specification must be an object', 'FailedToParse');
  const { field, partitionByFields = [], range, ...others } = operand;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    refuse(`BSON field '$densify.${unknown}' is an unknown field.`, 'UnknownOperatorOrField');
  if (typeof field !== 'string' || field === '')
    return refuse("BSON field '$densify.field' is missing but a required field", 'FailedToParse');
  if (!Array.isArray(partitionByFields) || !isPlainObject(range))
    return refuse(
      '$densify needs partitionByFields as an array and range as an object',
      'TypeMismatch',
    );
  const step = range['step'];
  if (!isNumeric(step) || !(toNumber(step) > 0))
    return refuseAt(
      5733401,
      'the step parameter in a range statement must be a strictly positive numeric value',
    );
  const unit = range['unit'] === undefined ? undefined : parseUnit(range['unit'], '$densify');
  if (unit !== undefined && toInteger(step) === undefined)
    refuseAt(
      6586400,
      'The step parameter in a range statement must be a whole number when densifying a date range',
    );
  return {
    field,
    partitions: partitionByFields.map(String),
    step,
    unit,
    bounds: parseBounds(range['bounds'], unit),
  };
}

function parseBounds(given: unknown, unit: DateUnit | undefined): DensifyPlan['bounds'] {
  if (given === 'full' || given === 'partition') return given;
  if (!Array.isArray(given) || given.length !== 2) {
    return refuseAt(
      5733402,
      "the bounds in a range statement must be the string 'full', 'partition', or an ascending array of two numbers or two dates",
    );
  }
  const low = positionOf(given[0], unit);
  const high = positionOf(given[1], unit);
  return low <= high
    ? [given[0], given[1]]
    : refuseAt(5733402, 'the bounds must be an ascending array');
}

function span(positions: readonly number[]): readonly [number, number] | undefined {
  const [first] = positions;
  const last = positions.at(-1);
  return first === undefined || last === undefined ? undefined : [first, last];
}

/** A made number, of the type that adding steps to the first value gives. */
function typedAt(at: number, origin: unknown, step: NumberValue): NumberValue {
  const types = [bsonTypeOf(origin), bsonTypeOf(step)];
  if (types.includes('decimal')) return toDecimal(at);
  if (types.includes('double')) return doubleOf(at);
  return types.includes('long') ? Long.fromNumber(at) : wholeNumber(BigInt(at));
}

/** Positions from `low` in steps; the upper bound of explicit bounds is not among them. */
function* steps(plan: DensifyPlan, low: number, high: number, isOpen: boolean): Generator<number> {
  const step = toNumber(plan.step);
  for (let count = 0; ; count++) {
    const position =
      plan.unit === undefined
        ? low + count * step
        : addUnits(low, plan.unit, count * step, () => 0);
    if (isOpen ? position >= high : position > high) return;
    yield position;
  }
}

/** `$densify`: documents added where a sequence of numbers or dates has gaps. */
export const densify: StageCompiler = (operand, context) => {
  const plan = parseDensify(operand);
  const { field, unit, bounds } = plan;
  const keyOf = compileExpression(
    plan.partitions.map((path) => `$${path}`),
    expressionOptions(context),
  );
  return function* (input) {
    const bare: Document[] = [];
    const placed: Document[] = [];
    for (const document of input) {
      const value = plainValueAt(document, field);
      (value === undefined || value === null ? bare : placed).push(document);
    }
    yield* bare;
    const position = (document: Document): number =>
      positionOf(plainValueAt(document, field), unit);
    placed.sort((a, b) => position(a) - position(b));
    const full = span(placed.map(position));
    let made = 0;
    for (const partition of partitionBy(placed, keyOf, context.collation)) {
      const range =
        bounds === 'full'
          ? full
          : bounds === 'partition'
            ? span(partition.documents.map(position))
            : ([positionOf(bounds[0], unit), positionOf(bounds[1], unit)] as const);
      const origin =
        typeof bounds === 'string'
          ? plainValueAt((bounds === 'full' ? placed : partition.documents)[0] ?? {}, field)
          : bounds[0];
      const template = plan.partitions.reduce<Document>((each, path) => {
        const [sample = {}] = partition.documents;
        const value = plainValueAt(sample, path);
        return value === undefined ? each : setPath(each, path, value);
      }, {});
      const grid =
        range === undefined ? [] : [...steps(plan, range[0], range[1], typeof bounds !== 'string')];
      made += grid.length;
      if (made > MAX_DOCUMENTS)
        refuseAt(
          5897900,
          `Generated ${MAX_DOCUMENTS} documents in $densify, which is over the limit`,
        );
      yield* merged(partition.documents, grid, position, (at) =>
        setPath(
          template,
          field,
          unit === undefined ? typedAt(at, origin, plan.step) : new Date(at),
        ),
      );
    }
  };
};

function* merged(
  documents: readonly Document[],
  grid: readonly number[],
  position: (document: Document) => number,
  make: (at: number) => Document,
): Generator<Document> {
  let next = 0;
  const known = new Set(documents.map(position));
  for (const document of documents) {
    const here = position(document);
    for (; next < grid.length && (grid[next] ?? Infinity) <= here; next++) {
      const at = grid[next] ?? 0;
      if (!known.has(at)) yield make(at);
    }
    yield document;
  }
  for (; next < grid.length; next++) {
    const at = grid[next] ?? 0;
    if (!known.has(at)) yield make(at);
  }
}
