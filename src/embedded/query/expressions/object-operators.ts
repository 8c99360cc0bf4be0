import type { Document } from '../../engine/engine.ts';
import { fieldOf, fieldsOf, isFields, isPlainObject, putField } from '../bson-values.ts';
import { doubleOf } from '../arithmetic.ts';
import { metaOf, parseMetaField } from '../document-meta.ts';
import {
  isNullish,
  nullable,
  objectOperand,
  typeName,
  type OperatorCompiler,
  type OperatorTable,
} from '../expression-compiler.ts';
import { refuseAt } from '../refuse.ts';

/** A field name given as a constant, perhaps as `{$literal: '$x'}`. */
function constantName(given: unknown, operator: string): string {
  const name = isPlainObject(given) && Object.hasOwn(given, '$literal') ? given['$literal'] : given;
  if (typeof name !== 'string') {
    return refuseAt(5654602, `${operator} requires 'field' to evaluate to a constant String`);
  }
  return name.startsWith('$') && name === given
    ? refuseAt(
        5654600,
        `A field path reference which is not allowed in this context. Did you mean {$literal: '${name}'}?`,
      )
    : name;
}

const getField: OperatorCompiler = (operand, compiler, name) => {
  const isFull = isPlainObject(operand) && Object.hasOwn(operand, 'field');
  const given: Document = isFull
    ? objectOperand(operand, name, { required: ['field'], optional: ['input'] })
    : { field: operand };
  const field = compiler.compile(given['field']);
  const input = compiler.compile(Object.hasOwn(given, 'input') ? given['input'] : '$$CURRENT');
  return (scope) => {
    const key = field(scope);
    if (typeof key !== 'string') {
      return refuseAt(
        3041704,
        `${name} requires 'field' to evaluate to type String, but got ${typeName(key)}`,
      );
    }
    const value = input(scope);
    if (value === null) return null;
    return isFields(value) ? fieldOf(value, key) : undefined;
  };
};

function setting(isUnset: boolean): OperatorCompiler {
  return (operand, compiler, name) => {
    const given = objectOperand(operand, name, {
      required: isUnset ? ['field', 'input'] : ['field', 'input', 'value'],
    });
    const key = constantName(given['field'], name);
    const input = compiler.compile(given['input']);
    const value = isUnset ? () => undefined : compiler.compile(given['value']);
    return (scope) => {
      const object = input(scope);
      if (isNullish(object)) return null;
      if (!isFields(object)) {
        return refuseAt(4161105, `${name} requires 'input' to evaluate to type Object`);
      }
      const result: Document = { ...fieldsOf(object) };
      const next = value(scope);
      if (next === undefined) Reflect.deleteProperty(result, key);
      else putField(result, key, next);
      return result;
    };
  };
}

/** Expressions over objects, and `$meta`. */
export const objectOperators: OperatorTable = {
  $getField: getField,
  $setField: setting(false),
  $unsetField: setting(true),
  $objectToArray: nullable((value) =>
    isFields(value)
      ? Object.entries(fieldsOf(value)).map(([k, v]) => ({ k, v }))
      : refuseAt(40390, `$objectToArray requires a document input, found: ${typeName(value)}`),
  ),
  $meta: (operand) => {
    const field = parseMetaField({ $meta: operand });
    return (scope) => {
      const meta = metaOf(scope.root, field);
      return typeof meta === 'number' ? doubleOf(meta) : meta;
    };
  },
};
