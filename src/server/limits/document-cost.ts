import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { addToGroup } from '../../query/group-by.ts';

/** How large a document's operations are once their fragments are followed; the largest operation counts. */
export interface DocumentCost {
  /** Fields inside each other: `{ a { b } }` is 2. */
  readonly depth: number;
  /** Field selections; can be astronomic, it is only counted. */
  readonly fields: number;
}

type Fragments = ReadonlyMap<string, FragmentDefinitionNode>;

const NOTHING: DocumentCost = { depth: 0, fields: 0 };

/** Measures each fragment once, so that fragments spreading each other cost no more than their text. */
export function measureDocument(document: DocumentNode): DocumentCost {
  const fragments = fragmentsOf(document);
  const known = new Map<string, DocumentCost>();

  const ofFragment = (name: string): DocumentCost => {
    const found = known.get(name);
    if (found !== undefined) return found;
    // A fragment met again while it is being measured spreads itself: validation refuses that.
    known.set(name, NOTHING);
    const fragment = fragments.get(name);
    const cost = fragment === undefined ? NOTHING : ofSelections(fragment.selectionSet);
    known.set(name, cost);
    return cost;
  };

  const ofSelections = (set: SelectionSetNode | undefined): DocumentCost => {
    let { depth, fields } = NOTHING;
    for (const selection of set?.selections ?? []) {
      const isField = selection.kind === Kind.FIELD;
      const cost =
        selection.kind === Kind.FRAGMENT_SPREAD
          ? ofFragment(selection.name.value)
          : ofSelections(selection.selectionSet);
      depth = Math.max(depth, cost.depth + (isField ? 1 : 0));
      fields += cost.fields + (isField ? 1 : 0);
    }
    return { depth, fields };
  };

  const costs = operationsOf(document).map(ofSelections);
  return {
    depth: Math.max(0, ...costs.map((cost) => cost.depth)),
    fields: Math.max(0, ...costs.map((cost) => cost.fields)),
  };
}

/**
 * How many pairs of fields answer under one name, over all levels of all operations: the work of validation, which
 * compares each pair. Visits every field selection once, so measure `fields` first.
 */
export function countOverlaps(document: DocumentNode): number {
  const fragments = fragmentsOf(document);
  let pairs = 0;
  let levels = operationsOf(document).map((set) => [set]);
  while (levels.length > 0) {
    levels = levels.flatMap((sets) => {
      const byName = fieldsByName(sets, fragments);
      return [...byName.values()].map((fields) => {
        pairs += (fields.length * (fields.length - 1)) / 2;
        return fields.flatMap(({ selectionSet }) => selectionSet ?? []);
      });
    });
    levels = levels.filter((sets) => sets.length > 0);
  }
  return pairs;
}

function fieldsByName(
  sets: readonly SelectionSetNode[],
  fragments: Fragments,
): ReadonlyMap<string, readonly FieldNode[]> {
  const byName = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  const collect = (set: SelectionSetNode): void => {
    for (const selection of set.selections) {
      if (selection.kind === Kind.FIELD) {
        addToGroup(byName, (selection.alias ?? selection.name).value, selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        collect(selection.selectionSet);
      } else if (!spread.has(selection.name.value)) {
        spread.add(selection.name.value);
        const fragment = fragments.get(selection.name.value);
        if (fragment !== undefined) collect(fragment.selectionSet);
      }
    }
  };
  sets.forEach(collect);
  return byName;
}

function operationsOf(document: DocumentNode): readonly SelectionSetNode[] {
  return document.definitions.flatMap((definition) =>
    definition.kind === Kind.OPERATION_DEFINITION ? [definition.selectionSet] : [],
  );
}

function fragmentsOf(document: DocumentNode): Fragments {
  return new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION
        ? [[definition.name.value, definition] as const]
        : [],
    ),
  );
}
