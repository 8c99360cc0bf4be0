import { isNumeric, isPlainObject, toNumber } from '../bson-values.ts';
import { compareValues } from '../compare-values.ts';
import {
  fixed,
  isNullish,
  objectOperand,
  operandsOf,
  ranging,
  unary,
  withVariables,
  type OperatorCompiler,
  type OperatorTable,
} from '../expression-compiler.ts';
import { refuse, refuseAt } from '../refuse.ts';
import { isTruthy } from '../truth.ts';

function compared(holds: (order: number) => unknown): OperatorCompiler {
  return fixed(2, ([a, b], _name, collation) => holds(compareValues(a, b, collation)));
}

const condition: OperatorCompiler = (operand, compiler, name) => {
  let parts: readonly unknown[];
  if (isPlainObject(operand)) {
    for (const key of Object.keys(operand)) {
      if (!['if', 'then', 'else'].includes(key)) {
        refuseAt(17083, `Unrecognized parameter to $cond: ${key}`);
      }
    }
    for (const [index, key] of ['if', 'then', 'else'].entries()) {
      if (!Object.hasOwn(operand, key))
        refuseAt(17080 + index, `Missing '${key}' parameter to $cond`);
    }
    parts = [operand['if'], operand['then'], operand['else']];
  } else {
    parts = operandsOf(operand, name, 3);
  }
  const test = compiler.compile(parts[0]);
  const then = compiler.compile(parts[1]);
  const otherwise = compiler.compile(parts[2]);
  return (scope) => (isTruthy(test(scope)) ? then(scope) : otherwise(scope));
};

const switchOperator: OperatorCompiler = (operand, compiler, name) => {
  const given = objectOperand(operand, name, { required: ['branches'], optional: ['default'] });
  const branches: unknown = given['branches'];
  if (!Array.isArray(branches)) {
    return refuseAt(40061, '$switch expected an array for branches');
  }
  if (branches.length === 0) refuseAt(40068, '$switch requires at least one branch.');
  const compiled = branches.map((branch: unknown) => {
    const { case: test, then } = objectOperand(branch, '$switch branch', {
      required: ['case', 'then'],
    });
    return { test: compiler.compile(test), then: compiler.compile(then) };
  });
  const otherwise = Object.hasOwn(given, 'default')
    ? compiler.compile(given['default'])
    : undefined;
  return (scope) => {
    const branch = compiled.find(({ test }) => isTruthy(test(scope)));
    if (branch !== undefined) return branch.then(scope);
    if (otherwise !== undefined) return otherwise(scope);
    return refuseAt(
      40066,
      '$switch could not find a matching branch for an input, and no default was specified.',
    );
  };
};

const ifNull: OperatorCompiler = (operand, compiler, name) => {
  if (!Array.isArray(operand) || operand.length < 2) {
    return refuseAt(
      1257300,
      `${name} needs at least two arguments, had: ${Array.isArray(operand) ? operand.length : 1}`,
    );
  }
  const inner = operand.map((each: unknown) => compiler.compile(each));
  return (scope) => {
    let value: unknown;
    for (const evaluate of inner) {
      value = evaluate(scope);
      if (!isNullish(value)) return value;
    }
    return value;
  };
};

const letOperator: OperatorCompiler = (operand, compiler, name) => {
  const given = objectOperand(operand, name, { required: ['vars', 'in'] });
  const vars = given['vars'];
  if (!isPlainObject(vars)) return refuseAt(16876, 'invalid parameter: expected an object (vars)');
  const bindings = Object.entries(vars).map(([variable, value]) => {
    assertUserVariable(variable);
    return [variable, compiler.compile(value)] as const;
  });
  const inner = compiler.defining(Object.keys(vars)).compile(given['in']);
  return (scope) =>
    inner(
      withVariables(scope, Object.fromEntries(bindings.map(([key, value]) => [key, value(scope)]))),
    );
};

/** Checks the name of a variable that a client defines. @throws StoreError 9. */
export function assertUserVariable(name: string): void {
  if (name === 'CURRENT') return;
  if (/^[a-z\u0080-\uffff][\w\u0080-\uffff]*$/.test(name)) return;
  refuse(
    name === ''
      ? 'empty variable names are not allowed'
      : `'${name}' starts with an invalid character for a user variable name`,
    'FailedToParse',
  );
}

/** Comparison, boolean and conditional expressions, and `$let`. */
export const logicOperators: OperatorTable = {
  $eq: compared((order) => order === 0),
  $ne: compared((order) => order !== 0),
  $gt: compared((order) => order > 0),
  $gte: compared((order) => order >= 0),
  $lt: compared((order) => order < 0),
  $lte: compared((order) => order <= 0),
  $cmp: compared((order) => order),
  $and: (operand, compiler) => {
    const list: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
    const inner = list.map((each) => compiler.compile(each));
    return (scope) => inner.every((evaluate) => isTruthy(evaluate(scope)));
  },
  $or: (operand, compiler) => {
    const list: readonly unknown[] = Array.isArray(operand) ? operand : [operand];
    const inner = list.map((each) => compiler.compile(each));
    return (scope) => inner.some((evaluate) => isTruthy(evaluate(scope)));
  },
  $not: unary((value) => !isTruthy(value)),
  $cond: condition,
  $switch: switchOperator,
  $ifNull: ifNull,
  $let: letOperator,
  $rand: ranging(0, 1, () => Math.random()),
  $sampleRate: ranging(1, 1, ([rate]) => isNumeric(rate) && Math.random() < toNumber(rate)),
};
