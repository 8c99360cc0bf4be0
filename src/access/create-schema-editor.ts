import type { ClassSchema } from '../parse/class-schema.ts';
import { DuplicateValueError, GatewayError } from '../parse/errors.ts';
import type { Field } from '../parse/field-type.ts';
import { fieldTypeText } from '../parse/fits-field-type.ts';
import type { DescribedSchema, SchemaChange } from '../query/schema-change.ts';
import type { SchemaWriter } from '../storage/schema-writer.ts';
import { classExists } from './check-schema-names.ts';
import { planClassCreation, planClassUpdate, type SchemaPlan } from './plan-schema-change.ts';
import { assertWritingMaster, type Principal } from './principal.ts';
import type { SchemaEdit, SchemaEditor } from './schema-editor.ts';

/** What a schema editor works with. */
export interface SchemaEditorParts {
  readonly writer: SchemaWriter;
  readonly principal: Principal;
  /** Resolves when this gateway serves the change, and whoever else should know has been told. Must not throw. */
  readonly onChanged: () => Promise<void>;
}

/** Without these neither Parse Server nor the gateway can tell who asks. */
const INDISPENSABLE: ReadonlySet<string> = new Set(['_User', '_Role', '_Session']);

/** An editor bound to a principal: it refuses, plans, writes and reads what came of it. */
export function createSchemaEditor(parts: SchemaEditorParts): SchemaEditor {
  const { writer, principal, onChanged } = parts;

  async function existing(className: string): Promise<DescribedSchema> {
    const described = await writer.readClass(className);
    if (described !== undefined) return described;
    throw new GatewayError('InvalidClassName', `Class ${className.slice(0, 200)} does not exist.`);
  }

  /** Writes, also when only a part of it succeeds, for the gateway to see. */
  async function performed(write: () => Promise<void>): Promise<void> {
    try {
      await write();
    } finally {
      await onChanged();
    }
  }

  return {
    describe: (schema) => writer.describe(schema),

    async createClass(request, { isDryRun }) {
      assertWritingMaster(principal);
      const { className } = request;
      const isTaken = (await writer.readClass(className)) !== undefined;
      const plan = planClassCreation(request, isTaken);
      if (isDryRun) return { after: plan.after, edits: plan.changes.map(editOf) };
      await performed(async () => {
        await createClass(plan, writer);
      });
      return { after: await existing(className), edits: plan.changes.map(editOf) };
    },

    async updateClass(request, { isDryRun }) {
      assertWritingMaster(principal);
      const before = await existing(request.className);
      const plan = planClassUpdate(before, request);
      if (isDryRun) {
        return { after: plan.after, edits: await editsOf(plan.changes, before.schema) };
      }
      await performed(async () => {
        await updateClass(plan, before.schema, writer);
      });
      const after = await existing(request.className);
      assertAdded(plan, after.schema);
      return { after, edits: plan.changes.map(editOf) };
    },

    async deleteClass(className, { isPurging, isDryRun }) {
      assertWritingMaster(principal);
      const before = await existing(className);
      if (INDISPENSABLE.has(className)) {
        const text = `Class ${className} is one of Parse's own and cannot be deleted.`;
        throw new GatewayError('OperationForbidden', text);
      }
      const changes: readonly SchemaChange[] = [
        ...(isPurging ? [{ kind: 'purgeClass' } as const] : []),
        { kind: 'deleteClass' },
      ];
      if (!isPurging) await assertEmpty(before.schema);
      if (isDryRun) return { after: before, edits: await editsOf(changes, before.schema) };
      let purged: number | undefined;
      await performed(async () => {
        if (isPurging) purged = await writer.purge(className);
        await writer.deleteClass(before.schema);
      });
      const edits = changes.map((change) => ({
        change,
        objectCount: change.kind === 'purgeClass' ? purged : undefined,
      }));
      return { after: before, edits };
    },

    async purgeClass(className, { isDryRun }) {
      assertWritingMaster(principal);
      const after = await existing(className);
      const change: SchemaChange = { kind: 'purgeClass' };
      if (isDryRun) return { after, edits: await editsOf([change], after.schema) };
      return { after, edits: [{ change, objectCount: await writer.purge(className) }] };
    },
  };

  async function assertEmpty(schema: ClassSchema): Promise<void> {
    const count = await writer.countObjects(schema);
    if (count === 0) return;
    const text = `Class ${schema.className} is not empty, contains ${count} objects, cannot drop schema.`;
    throw new GatewayError('SchemaMismatch', text);
  }

  async function editsOf(
    changes: readonly SchemaChange[],
    schema: ClassSchema,
  ): Promise<readonly SchemaEdit[]> {
    const edits: SchemaEdit[] = [];
    for (const change of changes) edits.push({ change, objectCount: await lossOf(change, schema) });
    return edits;
  }

  async function lossOf(change: SchemaChange, schema: ClassSchema): Promise<number | undefined> {
    if (change.kind === 'purgeClass') return writer.countObjects(schema);
    if (change.kind !== 'removeField' || change.field.type.kind === 'Relation') return undefined;
    return writer.countObjects(schema, change.field);
  }
}

async function createClass({ after, changes }: SchemaPlan, writer: SchemaWriter): Promise<void> {
  const { schema } = after;
  const permissions = changes.find((change) => change.kind === 'setPermissions');
  try {
    await writer.createClass(schema, permissions?.permissions);
  } catch (error) {
    throw error instanceof DuplicateValueError ? classExists(schema.className) : error;
  }
  await changeIndexes(changes, writer, { schema, isNewClass: true });
}

async function updateClass(
  { after, changes }: SchemaPlan,
  before: ClassSchema,
  writer: SchemaWriter,
): Promise<void> {
  const { className } = before;
  const fieldsOf = (kind: 'removeField' | 'addField' | 'setFieldOptions'): readonly Field[] =>
    changes.flatMap((change) => (change.kind === kind ? [change.field] : []));
  await writer.removeFields(before, fieldsOf('removeField'));
  await writer.addFields(className, fieldsOf('addField'));
  await writer.setFieldOptions(className, fieldsOf('setFieldOptions'));
  for (const change of changes) {
    if (change.kind === 'setPermissions')
      await writer.setPermissions(className, change.permissions);
  }
  await changeIndexes(changes, writer, { schema: after.schema, isNewClass: false });
}

async function changeIndexes(
  changes: readonly SchemaChange[],
  writer: SchemaWriter,
  { schema, isNewClass }: { readonly schema: ClassSchema; readonly isNewClass: boolean },
): Promise<void> {
  const drop = changes.filter((change) => change.kind === 'dropIndex').map(({ name }) => name);
  const create = changes
    .filter((change) => change.kind === 'createIndex')
    .map(({ index }) => index);
  if (drop.length + create.length === 0) return;
  await writer.changeIndexes(schema, { isNewClass, drop, create });
}

/** Somebody else may have made a column of the same name, or another GeoPoint, at the same time. @throws GatewayError 111 */
function assertAdded({ changes }: SchemaPlan, { className, fields }: ClassSchema): void {
  for (const change of changes) {
    if (change.kind !== 'addField') continue;
    const { name, type } = change.field;
    const wanted = fieldTypeText(type);
    const found = fields.get(name);
    if (found !== undefined && fieldTypeText(found.type) === wanted) continue;
    const reason =
      found === undefined
        ? `Could not add field ${name}: another change came first.`
        : `schema mismatch for ${className}.${name}; expected ${fieldTypeText(found.type)} but got ${wanted}`;
    throw new GatewayError('IncorrectType', reason);
  }
}

function editOf(change: SchemaChange): SchemaEdit {
  return { change, objectCount: undefined };
}
