import type { ClassCatalog, ClassSchema } from '../../parse/class-schema.ts';
import { OPEN_PERMISSIONS } from '../../parse/class-permissions.ts';
import { GatewayError } from '../../parse/errors.ts';
import { isClassName } from '../../parse/names.ts';
import type { ParseObject } from '../../parse/object.ts';
import { defaultColumns } from '../../parse/system-classes.ts';
import { partsOf, type Constraint, type ConstraintOfKind } from '../../query/constraint.ts';
import { assertConstraintSize } from '../../query/measure-constraint.ts';
import type { Report } from './class-schema-codec.ts';
import type { CollectionCommands } from './collection-commands.ts';
import { decodeDocument, type StoredDocument } from './document.ts';
import { compileFilter, type NearUse, type StoredFilter } from './filter.ts';
import { resolveNested, type NestedReader } from './resolve-nested.ts';
import type { FindRequest, ReadPreference, Selection } from '../../query/find-request.ts';
import type { RowCommands } from './row-commands.ts';
import { sharedFinds } from './shared-finds.ts';
import { withTargetValues, type StoredKey } from './stored-order.ts';

/** Beyond these MongoDB itself refuses, or the stack of a recursive compiler would be at risk. */
const CONSTRAINT_LIMITS = { depth: 80, parts: 1_000_000 };

/** What every read and write of one catalog shares: its classes, its doors to the database, and how rows become objects. */
export interface ClassReader extends NestedReader {
  readonly commands: RowCommands;
  /** For the index that a read cannot do without. */
  readonly collections: CollectionCommands;
  readonly schemaOf: (className: string) => ClassSchema;
  readonly report: Report;
  /** A constraint as a filter, nested queries answered. */
  readonly filterOf: (
    className: string,
    where: Constraint,
    how?: {
      readonly near?: NearUse;
      readonly subqueryReadPreference?: ReadPreference | undefined;
    },
  ) => Promise<StoredFilter>;
  /**
   * Rows → objects in the same order, with what an order has brought of other objects; rows without a usable id are left out.
   */
  readonly decode: (
    rows: readonly StoredDocument[],
    className: string,
    select: Selection,
    order?: readonly StoredKey[],
  ) => readonly ParseObject[];
}

/** The shared half of a store under one catalog. */
export function createClassReader(
  doors: Pick<ClassReader, 'commands' | 'collections'>,
  catalog: ClassCatalog,
  report: Report,
): ClassReader {
  const schemaOf = (className: string): ClassSchema =>
    catalog.classes.get(className) ?? schemaWithoutRow(className);
  const reader = { ...doors, schemaOf, report };
  const finds = sharedFinds(doors.commands);
  return {
    ...reader,
    filterOf: async (className, where, { near, subqueryReadPreference } = {}) => {
      assertConstraintSize(where, CONSTRAINT_LIMITS);
      const schema = schemaOf(className);
      const nested = { ...reader, commands: finds, readPreference: subqueryReadPreference };
      return compileFilter(await resolveNested(where, nested, schema), schema, near);
    },
    decode: (rows, className, select, order = []) => {
      const schema = schemaOf(className);
      return rows.flatMap((row) => {
        const object = decodeDocument(row, schema, report, select);
        return object === undefined ? [] : withTargetValues(object, row, { order, select });
      });
    },
  };
}

/**
 * A class without a row, as Parse reads it: a pointer may lead there, and system classes get theirs with the first object.
 * @throws GatewayError 103
 */
function schemaWithoutRow(className: string): ClassSchema {
  if (!isClassName(className)) {
    throw new GatewayError('InvalidClassName', `Invalid classname: ${className}`);
  }
  const columns = Object.entries(defaultColumns(className));
  return {
    className,
    fields: new Map(
      columns.map(([name, type]) => [
        name,
        { name, type, isRequired: false, defaultValue: undefined },
      ]),
    ),
    permissions: OPEN_PERMISSIONS,
    indexes: new Map(),
  };
}

/** The constraint that orders the rows by itself, when the request leaves the order to it. */
export function orderingConstraint({
  where,
  order,
}: FindRequest): ConstraintOfKind<'near' | 'text'> | undefined {
  if (order.length > 0) return undefined;
  const parts = partsOf(where);
  return parts.find((part) => part.kind === 'near') ?? parts.find((part) => part.kind === 'text');
}
