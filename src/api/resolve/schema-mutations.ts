import type { EditOptions, SchemaEdit, SchemaOutcome } from '../../access/schema-editor.ts';
import { fieldTypeText } from '../../parse/fits-field-type.ts';
import type { SchemaChange, SchemaChangeKind } from '../../query/schema-change.ts';
import type { ApiContext } from '../api-context.ts';
import { type Fields, fieldsAt } from '../arguments/operators.ts';
import { decodeClassRequest } from '../arguments/schema-request.ts';
import { answering } from '../errors.ts';
import { describeClass } from './class-description.ts';

type Edit = (input: Fields, options: EditOptions, context: ApiContext) => Promise<SchemaOutcome>;

/** `createClass(input)`. Cost: 3 commands, +2 and 1 for each index. @throws GatewayError as `SchemaEditor.createClass` */
export const createClass = mutation((input, options, { schemas, catalog }) =>
  schemas.createClass(decodeClassRequest(input, catalog.classes), options),
);

/** `updateClass(input)`. Cost: 2 commands, +1 to 2 for each part that changes. @throws GatewayError as `SchemaEditor.updateClass` */
export const updateClass = mutation((input, options, { schemas, catalog }) =>
  schemas.updateClass(decodeClassRequest(input, catalog.classes), options),
);

/** `deleteClass(input)`. Cost: 4 commands, +1 for each relation. @throws GatewayError as `SchemaEditor.deleteClass` */
export const deleteClass = mutation((input, options, { schemas }) =>
  schemas.deleteClass(String(input['name']), { ...options, isPurging: input['purge'] === true }),
);

/** `purgeClass(input)`. Cost: 2 commands. @throws GatewayError as `SchemaEditor.purgeClass` */
export const purgeClass = mutation((input, options, { schemas }) =>
  schemas.purgeClass(String(input['name']), options),
);

function mutation(edit: Edit) {
  return answering(async (_source, args, context) => {
    const input = fieldsAt(args['input'], 'input');
    const { after, edits } = await edit(input, { isDryRun: input['dryRun'] === true }, context);
    // Objects may have lost columns, or may be gone.
    context.loaders.clear();
    return {
      class: describeClass(after),
      changes: edits.map(describeEdit),
      clientMutationId: input['clientMutationId'],
    };
  });
}

/** The words of `SchemaChangeKind`. */
const KINDS: Readonly<Record<SchemaChangeKind, string>> = {
  createClass: 'CREATE_CLASS',
  deleteClass: 'DELETE_CLASS',
  purgeClass: 'PURGE_CLASS',
  addField: 'ADD_FIELD',
  removeField: 'REMOVE_FIELD',
  setFieldOptions: 'SET_FIELD_OPTIONS',
  setPermissions: 'SET_PERMISSIONS',
  createIndex: 'CREATE_INDEX',
  dropIndex: 'DROP_INDEX',
};

function describeEdit({ change, objectCount }: SchemaEdit): object {
  const loss = objectCount === undefined ? '' : ` (objects: ${objectCount})`;
  return {
    kind: KINDS[change.kind],
    name: nameOf(change),
    objectCount,
    text: `${textOf(change)}${loss}`,
  };
}

function nameOf(change: SchemaChange): string | undefined {
  if ('field' in change) return change.field.name;
  if ('index' in change) return change.index.name;
  return 'name' in change ? change.name : undefined;
}

function textOf(change: SchemaChange): string {
  switch (change.kind) {
    case 'createClass':
      return 'makes the class';
    case 'deleteClass':
      return 'deletes the class, and the rows of its relations';
    case 'purgeClass':
      return 'deletes all objects of the class';
    case 'addField':
      return `adds column ${change.field.name}: ${fieldText(change.field)}`;
    case 'removeField':
      return `removes column ${change.field.name} and its values`;
    case 'setFieldOptions':
      return `column ${change.field.name} becomes ${fieldText(change.field)}`;
    case 'setPermissions':
      return 'replaces the class-level permissions';
    case 'createIndex':
      return `makes index ${change.index.name} on ${change.index.keys
        .map(({ field, kind }) => `${field} ${String(kind)}`)
        .join(', ')}`;
    case 'dropIndex':
      return `drops index ${change.name}`;
  }
}

function fieldText({
  type,
  isRequired,
  defaultValue,
}: Extract<SchemaChange, { readonly kind: 'addField' }>['field']): string {
  return [
    fieldTypeText(type),
    ...(isRequired ? ['required'] : []),
    ...(defaultValue === undefined ? [] : [`by default ${JSON.stringify(defaultValue)}`]),
  ].join(', ');
}
