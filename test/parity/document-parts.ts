import type { AskedList, AskedObject, ParityDocument } from './access-document.ts';

/** `alphas.edges.0.node.fans.count` → `fans`, `count`: the way through the selection. */
export function steps(path: string): readonly string[] {
  const [root, ...below] = path.split('.');
  // Of the viewer, the object is one step further down.
  return (root === 'viewer' ? below.slice(1) : below).filter(
    (step) => step !== 'edges' && step !== 'node' && !/^\d+$/.test(step),
  );
}

export function objectOf({ root }: ParityDocument): AskedObject | undefined {
  return root.kind === 'list' ? root.list.object : root.object;
}

/** The pointer's object or relation's list that the way ends at. */
export function targetAt(
  object: AskedObject | undefined,
  way: readonly string[],
): AskedObject | AskedList | undefined {
  const [step, ...others] = way;
  const pointer = object?.pointers.find(({ name }) => name === step);
  if (pointer !== undefined) {
    return others.length === 0 ? pointer.object : targetAt(pointer.object, others);
  }
  const relation = object?.relations.find(({ name }) => name === step);
  if (relation === undefined) return undefined;
  return others.length === 0 ? relation.list : targetAt(relation.list.object, others);
}

export function relationAt(document: ParityDocument, path: string): AskedList | undefined {
  const target = targetAt(objectOf(document), steps(path));
  return target !== undefined && 'where' in target ? target : undefined;
}

/** The list that a part of it, `count`, `pageInfo` or `edges`, belongs to; also the root's own. */
export function listAt(document: ParityDocument, path: string): AskedList | undefined {
  const way = steps(path).filter((step) => step !== 'count' && step !== 'pageInfo');
  if (way.length === 0) return document.root.kind === 'list' ? document.root.list : undefined;
  const target = targetAt(objectOf(document), way);
  return target !== undefined && 'where' in target ? target : undefined;
}

export function isPointer(document: ParityDocument, path: string): boolean {
  const target = targetAt(objectOf(document), steps(path));
  return target !== undefined && !('where' in target);
}

/** The document without what the way leads to. */
export function without(document: ParityDocument, way: readonly string[]): ParityDocument {
  const { root } = document;
  return root.kind === 'list'
    ? { ...document, root: { ...root, list: listWithout(root.list, way) } }
    : { ...document, root: { ...root, object: objectWithout(root.object, way) } };
}

/** The document with what `change` makes of each of its lists; `way` leads to the list, and is empty for the root's own. */
export function mapLists(
  document: ParityDocument,
  change: (list: AskedList, way: readonly string[]) => AskedList,
): ParityDocument {
  const inList = (list: AskedList, way: readonly string[]): AskedList => {
    const changed = change(list, way);
    return { ...changed, object: changed.object && inObject(changed.object, way) };
  };
  const inObject = (object: AskedObject, way: readonly string[]): AskedObject => ({
    ...object,
    pointers: object.pointers.map((pointer) => ({
      ...pointer,
      object: inObject(pointer.object, [...way, pointer.name]),
    })),
    relations: object.relations.map(({ name, list }) => ({
      name,
      list: inList(list, [...way, name]),
    })),
  });
  const { root } = document;
  return root.kind === 'list'
    ? { ...document, root: { ...root, list: inList(root.list, []) } }
    : { ...document, root: { ...root, object: inObject(root.object, []) } };
}

/** The document with the page of the list at `way` in place of its count and of what lies around the page. */
export function uncounted(document: ParityDocument, way: readonly string[]): ParityDocument {
  return mapLists(document, (list, at) =>
    isSameWay(at, way)
      ? {
          ...list,
          isCounted: false,
          isPaged: false,
          object: list.object ?? { columns: ['objectId'], pointers: [], relations: [] },
        }
      : list,
  );
}

export const isSameWay = (left: readonly string[], right: readonly string[]): boolean =>
  left.join('.') === right.join('.');

function listWithout(list: AskedList, way: readonly string[]): AskedList {
  if (way.length === 1 && way[0] === 'count') return { ...list, isCounted: false };
  if (way[0] === 'pageInfo') return { ...list, isPaged: false };
  return { ...list, object: list.object && objectWithout(list.object, way) };
}

function objectWithout(object: AskedObject, way: readonly string[]): AskedObject {
  const [step, ...others] = way;
  const pointers = object.pointers.flatMap((pointer) => {
    if (pointer.name !== step) return [pointer];
    return others.length === 0
      ? []
      : [{ ...pointer, object: objectWithout(pointer.object, others) }];
  });
  const relations = object.relations.flatMap((relation) => {
    if (relation.name !== step) return [relation];
    if (others.length === 0) return [];
    const list = listWithout(relation.list, others);
    return isAskingList(list) ? [{ ...relation, list }] : [];
  });
  return { ...object, pointers, relations };
}

const isAskingList = (list: AskedList): boolean =>
  list.isCounted || list.isPaged || list.object !== undefined;

export function isAsking({ root }: ParityDocument): boolean {
  return root.kind !== 'list' || isAskingList(root.list);
}

/** The value at `alphas.edges.0.node`; `undefined` where the way ends early, `null` below a null. */
export function valueAt(data: unknown, path: string): unknown {
  let value = data;
  for (const step of path.split('.')) {
    if (value === null) return null;
    if (typeof value !== 'object') return undefined;
    value = (value as Readonly<Record<string, unknown>>)[step];
  }
  return value;
}
