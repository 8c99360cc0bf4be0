import { assertMaster } from '../../access/principal.ts';
import { CLASS_OPERATIONS } from '../../parse/class-permissions.ts';
import { encodeClassPermissions } from '../../parse/class-permissions-json.ts';
import { GatewayError } from '../../parse/errors.ts';
import type { FieldType } from '../../parse/field-type.ts';
import type { ClassIndex, DescribedSchema } from '../../query/schema-change.ts';
import { answering } from '../errors.ts';

interface DescribedField {
  readonly kind: FieldType['kind'] | 'ACL';
  readonly name: string;
  readonly required: boolean;
  readonly defaultValue: unknown;
  readonly targetClassName?: string;
}

/** What type `Class` is read from. */
export interface DescribedClass {
  readonly name: string;
  readonly schemaFields: readonly DescribedField[];
  readonly classLevelPermissions: Readonly<Record<string, unknown>>;
  readonly indexes: readonly ClassIndex[];
}

/** `class(name)`. Cost: 0 commands. @throws GatewayError 119 without the master key, 103 for an unknown class. */
export const classNamed = answering((_source, { name }, context) => {
  assertMaster(context.store.principal);
  const schema = context.catalog.classes.get(String(name));
  if (schema === undefined) {
    throw new GatewayError('InvalidClassName', `Class ${String(name)} does not exist.`);
  }
  return describeClass(context.schemas.describe(schema));
});

/** `classes`, in the catalog's order. Cost: 0 commands. @throws GatewayError 119 without the master key. */
export const allClasses = answering((_source, _args, context) => {
  assertMaster(context.store.principal);
  return [...context.catalog.classes.values()].map((schema) =>
    describeClass(context.schemas.describe(schema)),
  );
});

/** A class as clients are told of it: every column by name, also those it does not store. */
export function describeClass({ schema, indexes }: DescribedSchema): DescribedClass {
  const base: readonly DescribedField[] = [
    plain('ACL', 'ACL'),
    plain('Date', 'createdAt'),
    plain('String', 'objectId'),
    plain('Date', 'updatedAt'),
    ...(schema.className === '_User' ? [plain('String', 'password')] : []),
  ];
  const own = [...schema.fields.values()].map(
    ({ name, type, isRequired, defaultValue }): DescribedField => ({
      kind: type.kind,
      name,
      required: isRequired,
      defaultValue,
      ...('targetClass' in type ? { targetClassName: type.targetClass } : {}),
    }),
  );
  const schemaFields = [...base, ...own].sort((left, right) => (left.name < right.name ? -1 : 1));
  return {
    name: schema.className,
    schemaFields,
    classLevelPermissions: encodeClassPermissions(schema.permissions) ?? openPermissions(),
    indexes,
  };
}

function plain(kind: DescribedField['kind'], name: string): DescribedField {
  return { kind, name, required: false, defaultValue: undefined };
}

/** What Parse says of a class that stores no permissions. */
function openPermissions(): Readonly<Record<string, unknown>> {
  const open: Record<string, unknown> = { protectedFields: { '*': [] } };
  for (const operation of CLASS_OPERATIONS) open[operation] = { '*': true };
  return open;
}
