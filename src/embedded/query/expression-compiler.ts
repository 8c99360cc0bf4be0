import type { Collation, Document } from '../engine/engine.ts';
import { bsonTypeOf, isPlainObject, type BsonType } from './bson-values.ts';
import { refuseAt } from './refuse.ts';

/** What an expression can see while it runs. */
export interface Scope {
  readonly root: Document;
  /** What a bare `$field` is read from. */
  readonly current: unknown;
  readonly variables: Readonly<Document>;
}

/** A compiled expression; `undefined` is an absent value. */
export type Evaluate = (scope: Scope) => unknown;

/** Compiles the operands of an operator, knowing which variables are in scope. */
export interface ExpressionCompiler {
  readonly collation: Collation | undefined;
  compile(expression: unknown): Evaluate;
  /** A compiler in whose expressions further variables are defined. */
  defining(names: readonly string[]): ExpressionCompiler;
}

export type OperatorCompiler = (
  operand: unknown,
  compiler: ExpressionCompiler,
  name: string,
) => Evaluate;

export type OperatorTable = Readonly<Record<string, OperatorCompiler>>;

/** The scope with some variables set. */
export function withVariables(scope: Scope, variables: Document): Scope {
  return {
    root: scope.root,
    current: Object.hasOwn(variables, 'CURRENT') ? variables['CURRENT'] : scope.current,
    variables: { ...scope.variables, ...variables },
  };
}

/** An operator's operands: the elements of a list, or the one thing that stands there. @throws StoreError 16020 or 28667. */
export function operandsOf(
  operand: unknown,
  name: string,
  min: number,
  max: number = min,
): readonly unknown[] {
  const list: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
  if (list.length >= min && list.length <= max) return list;
  if (min === max) {
    return refuseAt(
      16020,
      `Expression ${name} takes exactly ${min} arguments. ${list.length} were passed in.`,
    );
  }
  return refuseAt(
    28667,
    `Expression ${name} takes at least ${min} arguments, and at most ${max}, but ${list.length} were passed in.`,
  );
}

/** An operator of a fixed number of operands. */
export function fixed(
  count: number,
  apply: (values: readonly unknown[], name: string, collation: Collation | undefined) => unknown,
): OperatorCompiler {
  return (operand, compiler, name) => {
    const inner = operandsOf(operand, name, count).map((each) => compiler.compile(each));
    return (scope) =>
      apply(
        inner.map((evaluate) => evaluate(scope)),
        name,
        compiler.collation,
      );
  };
}

/** An operator of between `min` and `max` operands. */
export function ranging(
  min: number,
  max: number,
  apply: (values: readonly unknown[], name: string, collation: Collation | undefined) => unknown,
): OperatorCompiler {
  return (operand, compiler, name) => {
    const inner = operandsOf(operand, name, min, max).map((each) => compiler.compile(each));
    return (scope) =>
      apply(
        inner.map((evaluate) => evaluate(scope)),
        name,
        compiler.collation,
      );
  };
}

/** An operator of one operand. */
export function unary(apply: (value: unknown, name: string) => unknown): OperatorCompiler {
  return (operand, compiler, name) => {
    const [only] = operandsOf(operand, name, 1);
    const evaluate = compiler.compile(only);
    return (scope) => apply(evaluate(scope), name);
  };
}

/** An operator of one operand that answers null for null and absent. */
export function nullable(apply: (value: unknown, name: string) => unknown): OperatorCompiler {
  return unary((value, name) => (isNullish(value) ? null : apply(value, name)));
}

export interface NamedOperands {
  readonly required: readonly string[];
  readonly optional?: readonly string[];
}

/**
 * The compiled operands of an operator that takes an object, e.g. `{$dateToString: {date, format}}`.
 *
 * @throws StoreError 9 for something else than an object, an unknown or a missing name.
 */
export function namedOperands(
  operand: unknown,
  name: string,
  compiler: ExpressionCompiler,
  names: NamedOperands,
): (scope: Scope) => Document {
  const given = objectOperand(operand, name, names);
  const entries = Object.entries(given).map(
    ([key, value]) => [key, compiler.compile(value)] as const,
  );
  return (scope) =>
    Object.fromEntries(entries.map(([key, evaluate]) => [key, evaluate(scope)] as const));
}

/** Checks the names of an operator's object before its parts are compiled. @throws StoreError as `namedOperands`. */
export function objectOperand(operand: unknown, name: string, names: NamedOperands): Document {
  if (!isPlainObject(operand)) {
    return refuseAt(28646, `${name} only supports an object as its argument`);
  }
  for (const key of Object.keys(operand)) {
    if (!names.required.includes(key) && names.optional?.includes(key) !== true) {
      refuseAt(28647, `Unrecognized parameter to ${name}: ${key}`);
    }
  }
  for (const key of names.required) {
    if (!Object.hasOwn(operand, key)) refuseAt(28648, `Missing '${key}' parameter to ${name}`);
  }
  return operand;
}

/** Null or absent. */
export function isNullish(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

/** The type of a value as error messages name it; absent is `missing`. */
export function typeName(value: unknown): BsonType | 'missing' {
  return value === undefined ? 'missing' : bsonTypeOf(value);
}
