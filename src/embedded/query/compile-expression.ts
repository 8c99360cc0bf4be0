import type { Collation, Document } from '../engine/engine.ts';
import { fieldsOf, isFields, isPlainObject, putField } from './bson-values.ts';
import type {
  Evaluate,
  ExpressionCompiler,
  OperatorCompiler,
  OperatorTable,
} from './expression-compiler.ts';
import { arithmeticOperators } from './expressions/arithmetic-operators.ts';
import { arrayOperators } from './expressions/array-operators.ts';
import { dateOperators } from './expressions/date-operators.ts';
import { logicOperators } from './expressions/logic-operators.ts';
import { objectOperators } from './expressions/object-operators.ts';
import { setOperators } from './expressions/set-operators.ts';
import { stringOperators } from './expressions/string-operators.ts';
import { typeOperators } from './expressions/type-operators.ts';
import { refuse, refuseAt } from './refuse.ts';
import { splitPath } from './paths.ts';

/** What an expression is read with besides itself. */
export interface ExpressionOptions {
  readonly collation?: Collation | undefined;
  /** Values of `let` variables. */
  readonly variables?: Document | undefined;
  /** Names of variables whose values are only given when the expression runs. */
  readonly names?: readonly string[] | undefined;
  /** The command's start, for `$$NOW`. */
  readonly now?: Date | undefined;
}

const OPERATORS: OperatorTable = {
  ...arithmeticOperators,
  ...arrayOperators,
  ...dateOperators,
  ...logicOperators,
  ...objectOperators,
  ...setOperators,
  ...stringOperators,
  ...typeOperators,
  $literal: (operand) => () => operand,
  $const: (operand) => () => operand,
  $function: () => refuse('$function is not supported', 'CommandNotSupported'),
  $accumulator: () => refuse('$accumulator is not supported', 'CommandNotSupported'),
};

const SYSTEM_VARIABLES = ['ROOT', 'CURRENT', 'REMOVE', 'NOW', 'DESCEND', 'PRUNE', 'KEEP'];

/** Whether a name is an operator of expressions, e.g. `$add`. */
export function isExpressionOperator(name: string): boolean {
  return Object.hasOwn(OPERATORS, name);
}

/**
 * Compiles an aggregation expression. The function takes the document and, where variables differ from
 * call to call, their values; it answers `undefined` for an absent value.
 *
 * `{$add: ['$a', 1]}` becomes a function that answers 3 for `{a: 2}`.
 *
 * @throws StoreError 168 for an unknown operator, 17276 for an undefined variable, others for operands.
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/
 */
export function compileExpression(
  expression: unknown,
  options: ExpressionOptions = {},
): (document: Document, variables?: Document) => unknown {
  const given: Document = { NOW: options.now ?? new Date(), ...options.variables };
  const names = new Set([...SYSTEM_VARIABLES, ...Object.keys(given), ...(options.names ?? [])]);
  const evaluate = new Compiler(names, options.collation).compile(expression);
  return (document, variables) =>
    evaluate({
      root: document,
      current: document,
      variables: variables === undefined ? given : { ...given, ...variables },
    });
}

class Compiler implements ExpressionCompiler {
  readonly collation: Collation | undefined;
  readonly #names: ReadonlySet<string>;

  constructor(names: ReadonlySet<string>, collation: Collation | undefined) {
    this.#names = names;
    this.collation = collation;
  }

  defining(names: readonly string[]): ExpressionCompiler {
    return new Compiler(new Set([...this.#names, ...names]), this.collation);
  }

  compile(expression: unknown): Evaluate {
    if (typeof expression === 'string') {
      if (!expression.startsWith('$')) return () => expression;
      return expression.startsWith('$$')
        ? this.#variable(expression.slice(2))
        : fieldPath(expression.slice(1));
    }
    if (Array.isArray(expression)) {
      const elements = (expression as readonly unknown[]).map((element) => this.compile(element));
      return (scope) => elements.map((evaluate) => evaluate(scope) ?? null);
    }
    return isPlainObject(expression) ? this.#object(expression) : () => expression;
  }

  #object(expression: Document): Evaluate {
    const names = Object.keys(expression);
    const [first] = names;
    const operatorName = names.find((name) => name.startsWith('$'));
    if (operatorName !== undefined) {
      if (names.length > 1 || first === undefined) {
        return refuseAt(
          15983,
          `An object representing an expression must have exactly one field: ${operatorName}`,
        );
      }
      return this.#operator(first, expression[first]);
    }
    const fields = names.map((name) => {
      assertFieldName(name);
      return [name, this.compile(expression[name])] as const;
    });
    return (scope) => {
      const result: Document = {};
      for (const [name, evaluate] of fields) {
        const value = evaluate(scope);
        if (value !== undefined) putField(result, name, value);
      }
      return result;
    };
  }

  #operator(name: string, operand: unknown): Evaluate {
    const compile: OperatorCompiler | undefined = Object.hasOwn(OPERATORS, name)
      ? OPERATORS[name]
      : undefined;
    if (compile === undefined) {
      return refuse(`Unrecognized expression '${name}'`, 'InvalidPipelineOperator');
    }
    return compile(operand, this, name);
  }

  #variable(text: string): Evaluate {
    const [name = '', ...path] = splitPath(text);
    if (name === '') return refuseAt(16869, 'empty variable names are not allowed');
    if (!this.#names.has(name)) {
      assertVariableName(name);
      return refuseAt(17276, `Use of undefined variable: ${name}`);
    }
    if (path.includes('')) refuseAt(15998, 'FieldPath field names may not be empty strings.');
    const read = variableReader(name);
    return path.length === 0 ? read : (scope) => expressionValueAt(read(scope), path);
  }
}

function variableReader(name: string): Evaluate {
  switch (name) {
    case 'ROOT':
      return (scope) => scope.root;
    case 'CURRENT':
      return (scope) => scope.current;
    case 'REMOVE':
      return () => undefined;
    case 'KEEP':
    case 'PRUNE':
    case 'DESCEND':
      return () => `$$${name}`;
    default:
      return (scope) => (Object.hasOwn(scope.variables, name) ? scope.variables[name] : undefined);
  }
}

function assertVariableName(name: string): void {
  if (/^[A-Z]/.test(name)) return;
  if (!/^[a-z\u0080-\uffff][\w\u0080-\uffff]*$/.test(name)) {
    refuse(`'${name}' contains an invalid character for a variable name`, 'FailedToParse');
  }
}

function assertFieldName(name: string): void {
  if (name === '') refuseAt(40352, 'FieldPath cannot be constructed with empty string');
  if (name.includes('.')) {
    refuseAt(
      16412,
      "FieldPath field names may not contain '.'. Consider using $getField or $setField.",
    );
  }
}

function fieldPath(text: string): Evaluate {
  const parts = splitPath(text);
  if (text === '') refuseAt(16872, "'$' by itself is not a valid FieldPath");
  if (parts.includes('')) {
    if (text.endsWith('.')) refuseAt(40353, "FieldPath must not end with a '.'.");
    refuseAt(15998, 'FieldPath field names may not be empty strings.');
  }
  const wrong = parts.find((part) => part.startsWith('$') && !/^\$(?:id|ref|db)$/.test(part));
  if (wrong !== undefined) {
    refuseAt(
      16410,
      "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
    );
  }
  return (scope) => expressionValueAt(scope.current, parts);
}

/**
 * What a path means in an expression: arrays on the way give an array of their elements' values, absent
 * ones left out; numbers in the path are field names, never places.
 */
export function expressionValueAt(value: unknown, parts: readonly string[], from = 0): unknown {
  let current = value;
  for (let index = from; index < parts.length; index++) {
    if (Array.isArray(current)) {
      const values: unknown[] = [];
      for (const element of current as readonly unknown[]) {
        if (!isFields(element)) continue;
        const inner = expressionValueAt(element, parts, index);
        if (inner !== undefined) values.push(inner);
      }
      return values;
    }
    if (!isFields(current)) return undefined;
    const fields = fieldsOf(current);
    const name = parts[index] ?? '';
    current = Object.hasOwn(fields, name) ? fields[name] : undefined;
  }
  return current;
}
