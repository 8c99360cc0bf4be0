import {
  type DirectiveNode,
  type FieldNode,
  getDirectiveValues,
  GraphQLIncludeDirective,
  type GraphQLResolveInfo,
  GraphQLSkipDirective,
  isAbstractType,
  isObjectType,
  Kind,
  type SelectionNode,
} from 'graphql';
import { addToGroup } from '../../query/group-by.ts';
import type { ClassPlan } from '../plan/api-plan.ts';

/** What is selected of one object, by field name; aliases of one field stand together. */
export type SelectedFields = ReadonlyMap<string, readonly FieldNode[]>;

const NOTHING: SelectedFields = new Map();

/**
 * The fields that `nodes` select of an object of type `typeName`: fragments opened where they apply, skipped fields left out.
 * Each fragment is opened once, so the work is linear in the document.
 */
export function fieldsUnder(
  nodes: readonly FieldNode[] | undefined,
  typeName: string,
  info: GraphQLResolveInfo,
): SelectedFields {
  if (nodes === undefined) return NOTHING;
  const fields = new Map<string, FieldNode[]>();
  const opened = new Set<string>();
  const pending: SelectionNode[] = nodes
    .flatMap((node) => node.selectionSet?.selections ?? [])
    .reverse();
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (!isIncluded(node, info)) continue;
    if (node.kind === Kind.FIELD) {
      addToGroup(fields, node.name.value, node);
      continue;
    }
    const fragment = fragmentOf(node, opened, info);
    if (fragment === undefined || !applies(fragment.typeCondition?.name.value, typeName, info)) {
      continue;
    }
    pending.push(...fragment.selectionSet.selections);
  }
  return fields;
}

/** The columns of `plan` that `fields` need; relations and base columns need none. */
export function columnsOf(fields: SelectedFields, plan: ClassPlan): ReadonlySet<string> {
  const columns = new Set<string>();
  for (const name of fields.keys()) {
    const field = plan.output.get(name)?.field;
    if (field !== undefined && field.type.kind !== 'Relation') columns.add(field.name);
  }
  return columns;
}

interface Held<Value> {
  readonly for: object;
  readonly value: Value;
}

/**
 * Computes once for all siblings of a list: they share `info.fieldNodes`, which graphql makes anew for each operation.
 */
export function oncePerField<Value>(
  compute: (info: GraphQLResolveInfo) => Value,
): (info: GraphQLResolveInfo) => Value {
  // Made with the first use: most of the thousands of fields of an API are never asked for.
  let known: WeakMap<readonly FieldNode[], Held<Value>> | undefined;
  return (info) => {
    known ??= new WeakMap();
    const held = known.get(info.fieldNodes);
    if (held?.for === info.variableValues) return held.value;
    const value = compute(info);
    known.set(info.fieldNodes, { for: info.variableValues, value });
    return value;
  };
}

function fragmentOf(
  node: Exclude<SelectionNode, FieldNode>,
  opened: Set<string>,
  info: GraphQLResolveInfo,
) {
  if (node.kind === Kind.INLINE_FRAGMENT) return node;
  const name = node.name.value;
  if (opened.has(name)) return undefined;
  opened.add(name);
  return info.fragments[name];
}

function applies(
  condition: string | undefined,
  typeName: string,
  info: GraphQLResolveInfo,
): boolean {
  if (condition === undefined || condition === typeName) return true;
  const abstract = info.schema.getType(condition);
  const object = info.schema.getType(typeName);
  return (
    isAbstractType(abstract) && isObjectType(object) && info.schema.isSubType(abstract, object)
  );
}

function isIncluded(
  node: { readonly directives?: readonly DirectiveNode[] },
  { variableValues }: GraphQLResolveInfo,
): boolean {
  if (node.directives === undefined || node.directives.length === 0) return true;
  if (getDirectiveValues(GraphQLSkipDirective, node, variableValues)?.['if'] === true) return false;
  return getDirectiveValues(GraphQLIncludeDirective, node, variableValues)?.['if'] !== false;
}
