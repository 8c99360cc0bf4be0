import type { ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError, permissionDenied } from '../../parse/errors.ts';
import type { FieldType } from '../../parse/field-type.ts';
import type { ApiContext } from '../api-context.ts';
import { answering } from '../errors.ts';

interface DescribedField {
  readonly kind: FieldType['kind'] | 'ACL';
  readonly name: string;
  readonly targetClassName?: string;
}

interface DescribedClass {
  readonly name: string;
  readonly schemaFields: readonly DescribedField[];
}

/** `class(name)`. Cost: 0 commands. @throws GatewayError 119 without the master key, 103 for an unknown class. */
export const classNamed = answering((_source, { name }, context) => {
  assertMaster(context);
  const schema = context.catalog.classes.get(String(name));
  if (schema === undefined) {
    throw new GatewayError('InvalidClassName', `Class ${String(name)} does not exist.`);
  }
  return describe(schema);
});

/** `classes`, in the catalog's order. Cost: 0 commands. @throws GatewayError 119 without the master key. */
export const allClasses = answering((_source, _args, context) => {
  assertMaster(context);
  return [...context.catalog.classes.values()].map(describe);
});

function assertMaster({ store }: ApiContext): void {
  if (store.principal.kind !== 'master') throw permissionDenied();
}

function describe(schema: ClassSchema): DescribedClass {
  const base: readonly DescribedField[] = [
    { kind: 'ACL', name: 'ACL' },
    { kind: 'Date', name: 'createdAt' },
    { kind: 'String', name: 'objectId' },
    { kind: 'Date', name: 'updatedAt' },
    ...(schema.className === '_User' ? [{ kind: 'String', name: 'password' } as const] : []),
  ];
  const own = [...schema.fields.values()].map(({ name, type }): DescribedField => ({
    kind: type.kind,
    name,
    ...('targetClass' in type ? { targetClassName: type.targetClass } : {}),
  }));
  const schemaFields = [...base, ...own].sort((left, right) => (left.name < right.name ? -1 : 1));
  return { name: schema.className, schemaFields };
}
