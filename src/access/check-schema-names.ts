import { isBaseColumn } from '../parse/class-schema.ts';
import { GatewayError } from '../parse/errors.ts';
import type { Field, FieldType } from '../parse/field-type.ts';
import { fieldTypeText, fitsFieldType } from '../parse/fits-field-type.ts';
import { parseJson } from '../parse/json.ts';
import { isClassName, isFieldName } from '../parse/names.ts';
import { defaultColumns, isVolatileClass } from '../parse/system-classes.ts';

/** With the database's own name, MongoDB allows a collection 255 bytes; a relation's holds two of ours. */
const MAX_NAME_LENGTH = 100;

/** Classes whose objects have no ids of Parse's. */
const NO_TARGETS: ReadonlySet<string> = new Set(['_Hooks', '_GlobalConfig', '_GraphQLConfig']);

/**
 * Refuses a name that no class may be made under.
 *
 * Names every JavaScript object has are refused as Parse Server does: it takes them for classes that exist.
 * @throws GatewayError 103
 */
export function assertNewClassName(className: string): void {
  if (isVolatileClass(className) || isObjectMember(className)) {
    throw classExists(className);
  }
  if (!isClassName(className) || className.length > MAX_NAME_LENGTH) throw badClassName(className);
}

/**
 * Refuses a column that the class may not get: its name, its type and its options.
 * @throws GatewayError 105 for a bad name, 136 for one of Parse's own columns, 135 or 103 for a bad target class, 111 for options
 * that do not fit the type
 */
export function assertNewField(className: string, { name, type, ...options }: Field): void {
  if (!isFieldName(name) || isObjectMember(name) || name.length > MAX_NAME_LENGTH) {
    throw new GatewayError('InvalidKeyName', `invalid field name: ${name.slice(0, 200)}`);
  }
  if (isDefaultColumn(className, name)) {
    throw new GatewayError('ImmutableField', `field ${name} cannot be added`);
  }
  if ('targetClass' in type) assertTarget(type);
  assertOptions(className, { name, type, ...options });
}

/** Refuses options that the column's type does not allow. @throws GatewayError 111 */
export function assertOptions(
  className: string,
  { name, type, isRequired, defaultValue }: Field,
): void {
  const text = fieldTypeText(type);
  const has = { required: isRequired, 'default value': defaultValue !== undefined };
  for (const [option, isGiven] of Object.entries(has)) {
    if (type.kind !== 'Relation' || !isGiven) continue;
    throw incorrect(`The '${option}' option is not applicable for ${text}`);
  }
  if (defaultValue === undefined || fitsFieldType(parseJson(defaultValue), type)) return;
  throw incorrect(`${className}.${name}: the default value is no ${text}`);
}

/** Parse keeps these itself: `objectId` and such of every class, `username` of users. */
export function isDefaultColumn(className: string, name: string): boolean {
  return (
    isBaseColumn(name) ||
    Object.hasOwn(defaultColumns(className), name) ||
    (className === '_User' && name === 'password')
  );
}

function assertTarget(type: Extract<FieldType, { readonly targetClass: string }>): void {
  if (type.targetClass === '') {
    throw new GatewayError('MissingRequiredField', `type ${type.kind} needs a class name`);
  }
  const isTarget = isClassName(type.targetClass) && !NO_TARGETS.has(type.targetClass);
  if (!isTarget || type.targetClass.length > MAX_NAME_LENGTH) {
    throw badClassName(type.targetClass);
  }
}

/** The refusal of a class that is to be made, and is there. */
export function classExists(className: string): GatewayError {
  return new GatewayError('InvalidClassName', `Class ${className} already exists.`);
}

function isObjectMember(name: string): boolean {
  return name in Object.prototype;
}

function badClassName(className: string): GatewayError {
  return new GatewayError(
    'InvalidClassName',
    `Invalid classname: ${className.slice(0, 200)}, classnames can only have alphanumeric characters and _, must start with an ` +
      `alpha character, and may have ${MAX_NAME_LENGTH} characters`,
  );
}

function incorrect(message: string): GatewayError {
  return new GatewayError('IncorrectType', message);
}
