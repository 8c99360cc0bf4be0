import {
  type FragmentDefinitionNode,
  getOperationAST,
  Kind,
  type DocumentNode,
  OperationTypeNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * The fields of the root that a mutation asks for, by their own names, each once, fragments followed; `undefined` for an operation
 * that is no mutation. Whether a directive skips one is not looked at.
 */
export function mutationFieldsOf(
  document: DocumentNode,
  operationName: string | null | undefined,
): readonly string[] | undefined {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.MUTATION) return undefined;
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      fragments.set(definition.name.value, definition);
    }
  }
  const names = new Set<string>();
  const followed = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) collect(selection.selectionSet);
      else if (!followed.has(selection.name.value)) {
        followed.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) collect(fragment.selectionSet);
      }
    }
  };
  collect(operation.selectionSet);
  return [...names];
}
