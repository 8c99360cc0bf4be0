import type { ClassOperation } from '../parse/class-permissions.ts';
import type { ClassCatalog, ClassSchema } from '../parse/class-schema.ts';
import { GatewayError, permissionDenied } from '../parse/errors.ts';
import type { Pointer } from '../parse/values.ts';
import {
  EVERYTHING,
  NOTHING,
  allOf,
  type ColumnRef,
  type Constraint,
  type KeyQuery,
} from '../query/constraint.ts';
import type { OrderKey } from '../query/find-request.ts';
import type { AccessRules } from './access-rules.ts';
import { decideClassAccess } from './class-decision.ts';
import { columnRuleFor, type ColumnRule } from './column-rule.ts';
import { subjectsOf, type Principal } from './principal.ts';

/** One principal's view of one catalog: rewrites requests so that they mean only what the principal may read. Pure. */
export interface Narrowing {
  /** @throws GatewayError 119 for a class that does not exist. */
  columnsOf(className: string): ColumnRule;
  /**
   * Rows of the class the principal may perform the operation on: class permissions, pointer permissions, ACL.
   * @throws GatewayError 119, 101 or 209 when class permissions deny the operation.
   */
  rowsFor(className: string, operation: ClassOperation): Constraint;
  /**
   * `where` and the rows of the operation. Nested queries on other classes are narrowed the same way, as `find`.
   * `isReadableOwner` answers for the owners of `relatedTo`; the relation of another owner is empty.
   * @throws GatewayError 119 when a column may not be read or does not exist, and as `rowsFor` for each class touched.
   */
  where(
    request: { readonly className: string; readonly where: Constraint },
    operation: ClassOperation,
    isReadableOwner: (owner: Pointer) => boolean,
  ): Constraint;
  /**
   * The order, in which pointers lead only to objects that may be read: others order like none.
   * @throws GatewayError 119 when a column of a key may not be read or does not exist, and as `rowsFor` for the class it leads to.
   */
  order(
    request: { readonly className: string; readonly where: Constraint },
    order: readonly OrderKey[],
  ): readonly OrderKey[];
}

/** @see Narrowing */
export function narrowingFor(
  principal: Principal,
  catalog: ClassCatalog,
  rules: AccessRules,
): Narrowing {
  const subjects = subjectsOf(principal);
  const columnRules = new Map<string, ColumnRule>();

  function schemaOf(className: string): ClassSchema {
    const schema = catalog.classes.get(className);
    if (schema === undefined) throw permissionDenied();
    return schema;
  }

  function columnsOf(className: string): ColumnRule {
    const known = columnRules.get(className);
    if (known !== undefined) return known;
    const rule = columnRuleFor(principal, schemaOf(className), rules);
    columnRules.set(className, rule);
    return rule;
  }

  function rowsFor(className: string, operation: ClassOperation): Constraint {
    const decision = decideClassAccess(principal, schemaOf(className), operation);
    if (decision.kind === 'deny') throw decision.error;
    if (subjects === undefined) return decision.where;
    const right = isReading(operation) ? 'read' : 'write';
    return allOf(decision.where, { kind: 'aclAllows', right, subjects });
  }

  function where(
    request: { readonly className: string; readonly where: Constraint },
    operation: ClassOperation,
    isReadableOwner: (owner: Pointer) => boolean,
  ): Constraint {
    if (subjects === undefined) return allOf(request.where, rowsFor(request.className, operation));
    // Columns before the class, as Parse refuses: a hidden column is 119 also where signing in would help (101).
    const narrowed = rewrite(request.where, scopeOf(request), isReadableOwner);
    return allOf(narrowed, rowsFor(request.className, operation));
  }

  function scopeOf(request: {
    readonly className: string;
    readonly where: Constraint;
  }): QueryScope {
    const columns = columnsOf(request.className);
    return {
      schema: schemaOf(request.className),
      isReadable: (name) => columns.accessWithin(request.where, name) === 'readable',
    };
  }

  function rewrite(
    constraint: Constraint,
    scope: QueryScope,
    isReadableOwner: (owner: Pointer) => boolean,
  ): Constraint {
    switch (constraint.kind) {
      case 'and':
      case 'or':
      case 'nor':
        return {
          kind: constraint.kind,
          parts: constraint.parts.map((part) => rewrite(part, scope, isReadableOwner)),
        };
      case 'compare':
      case 'in':
      case 'notIn':
      case 'exists':
      case 'regex':
      case 'contains':
      case 'plainText':
      case 'size':
      case 'containedBy':
      case 'near':
      case 'withinBox':
      case 'withinPolygon':
      case 'withinSphere':
      case 'intersectsPoint':
        assertFilterable(constraint.column, scope);
        return constraint;
      case 'text':
        assertFilterable(constraint.column, scope);
        assertTextIndex(scope);
        return constraint;
      case 'pointerTo':
      case 'relationTo': {
        assertLeadsTo(constraint, scope);
        const target = { className: constraint.targetClass, where: constraint.where };
        return { ...constraint, where: where(target, 'find', isReadableOwner) };
      }
      case 'relatedTo':
        assertRelation(constraint.owner.className, constraint.field);
        return isReadableOwner(constraint.owner) ? constraint : NOTHING;
      case 'inQueryKey':
      case 'notInQueryKey': {
        assertFilterable(constraint.column, scope);
        const query = keyQuery(constraint.query, isReadableOwner);
        if (query !== undefined) return { ...constraint, query };
        return constraint.kind === 'inQueryKey' ? NOTHING : EVERYTHING;
      }
      case 'aclAllows':
        throw permissionDenied();
    }
  }

  /** `undefined` when the key may not be read: then the query has no values, as in Parse. */
  function keyQuery(
    query: KeyQuery,
    isReadableOwner: (owner: Pointer) => boolean,
  ): KeyQuery | undefined {
    const narrowed = where(query, 'find', isReadableOwner);
    const access = columnsOf(query.className).accessWithin(query.where, query.key.name);
    return access === 'readable' && query.key.name !== 'ACL'
      ? { ...query, where: narrowed }
      : undefined;
  }

  /** The relation column itself must be readable: who is related is its value. */
  function assertRelation(ownerClass: string, field: string): void {
    if (columnsOf(ownerClass).access(field) !== 'readable') throw permissionDenied();
  }

  function narrowKey(key: OrderKey, scope: QueryScope): OrderKey {
    const { column, through } = key;
    if (through === undefined) {
      assertFilterable(column, scope);
      return key;
    }
    assertLeadsTo({ kind: 'pointerTo', ...through }, scope);
    const target = { className: through.targetClass, where: through.where };
    assertFilterable(column, scopeOf(target));
    return { ...key, through: { ...through, where: where(target, 'find', () => false) } };
  }

  return {
    columnsOf,
    rowsFor,
    where,
    order(request, order) {
      const scope = scopeOf(request);
      return order.map((key) => narrowKey(key, scope));
    },
  };
}

/** The class a filter speaks about, and what the principal may know of it. */
interface QueryScope {
  readonly schema: ClassSchema;
  readonly isReadable: (column: string) => boolean;
}

function isReading(operation: ClassOperation): boolean {
  return operation === 'find' || operation === 'get' || operation === 'count';
}

/** The root of a path decides: what is inside a hidden column is hidden. */
function assertFilterable(column: ColumnRef, scope: QueryScope): void {
  if (column.name === 'ACL') throw new GatewayError('InvalidQuery', 'ACL cannot be queried');
  if (!scope.isReadable(column.name)) throw permissionDenied();
}

/** A text search looks at every column of the class's text index, whichever column it names. */
function assertTextIndex(scope: QueryScope): void {
  for (const key of scope.schema.indexes.values()) {
    const isText = Object.values(key).includes('text');
    const columns = isText ? Object.keys(key) : [];
    for (const path of columns) {
      const [root = path] = path.replace(/^_p_/, '').split('.');
      const isSafe = NAMES_NO_COLUMN.has(root) ? hasNothingHidden(scope) : scope.isReadable(root);
      if (!isSafe) throw permissionDenied();
    }
  }
}

/** Keys of a text index that may stand for any column: the wildcard, and MongoDB's own form of the key. */
const NAMES_NO_COLUMN: ReadonlySet<string> = new Set(['$**', '_fts', '_ftsx']);

function hasNothingHidden(scope: QueryScope): boolean {
  return [...scope.schema.fields.keys()].every((name) => scope.isReadable(name));
}

function assertLeadsTo(
  constraint: Pick<
    Extract<Constraint, { kind: 'pointerTo' | 'relationTo' }>,
    'kind' | 'field' | 'targetClass'
  >,
  scope: QueryScope,
): void {
  if (!scope.isReadable(constraint.field)) throw permissionDenied();
  const type = scope.schema.fields.get(constraint.field)?.type;
  const wanted = constraint.kind === 'pointerTo' ? 'Pointer' : 'Relation';
  const leads =
    type !== undefined && 'targetClass' in type && type.kind === wanted
      ? type.targetClass === constraint.targetClass
      : false;
  if (!leads) throw permissionDenied();
}
