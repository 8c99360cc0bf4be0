import type { AnswerPair } from './access-differences.ts';
import type { AskedList, ParityDocument } from './access-document.ts';
import type { ComparableAnswer } from './compare-answers.ts';
import {
  isAsking,
  isSameWay,
  listAt,
  mapLists,
  steps,
  valueAt,
  without,
} from './document-parts.ts';

/** The document without the `pageInfo` that differs, and whether the gateway was right about it; `rest` is absent when nothing is left to ask. */
export interface PageDifference {
  readonly rest: ParityDocument | undefined;
  isRight(): Promise<boolean>;
}

/**
 * Parse Server counts to know whether there is another page, by the rules for counting; here the rows themselves say so. `undefined`
 * when the answers do not differ in any `pageInfo`.
 */
export function pageDifference(
  document: ParityDocument,
  { theirs, ours }: AnswerPair,
  askGateway: (document: ParityDocument) => Promise<ComparableAnswer>,
): PageDifference | undefined {
  const paths = pageInfosIn(ours.data, '').filter((path) => {
    const isOther = !isEqual(valueAt(theirs.data, path), valueAt(ours.data, path));
    return isOther && !isPartOfOther(path);
  });
  const [first] = paths;
  const list = first === undefined ? undefined : listAt(document, first);
  if (first === undefined || list === undefined) return undefined;
  const way = steps(first).slice(0, -1);
  const alike = paths.filter((path) => isSameWay(steps(path).slice(0, -1), way));
  const rest = without(document, [...way, 'pageInfo']);
  return {
    rest: isAsking(rest) ? rest : undefined,
    async isRight() {
      const whole = await askGateway(
        mapLists(document, (each, at) => (isSameWay(at, way) ? unlimited(each) : each)),
      );
      return alike.every((path) =>
        isEqual(valueAt(ours.data, path), pageInfoOf(list, valueAt(whole.data, edgesOf(path)))),
      );
    },
  };

  /** A list that Parse Server refuses because it may not be counted has no `pageInfo` to compare: that is seen first. */
  function isPartOfOther(path: string): boolean {
    const above = path.replace(/\.pageInfo$/, '');
    const isCounted = listAt(document, path)?.isCounted === true;
    return valueAt(theirs.data, above) === null && isCounted;
  }
}

const isEqual = (left: unknown, right: unknown): boolean =>
  JSON.stringify(left) === JSON.stringify(right);

const edgesOf = (path: string): string => path.replace(/pageInfo$/, 'edges');

/** `alphas.pageInfo`, `alphas.edges.0.node.links.pageInfo`, … */
function pageInfosIn(data: unknown, path: string): readonly string[] {
  if (typeof data !== 'object' || data === null) return [];
  return Object.entries(data as Readonly<Record<string, unknown>>).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return key === 'pageInfo' && value !== null ? [at] : pageInfosIn(value, at);
  });
}

function unlimited(list: AskedList): AskedList {
  return {
    ...list,
    first: 1_000,
    skip: undefined,
    isCounted: false,
    isPaged: false,
    object: { columns: ['objectId'], pointers: [], relations: [] },
  };
}

function pageInfoOf({ first = 100, skip = 0 }: AskedList, edges: unknown) {
  const total = Array.isArray(edges) ? edges.length : 0;
  return { hasNextPage: skip + first < total, hasPreviousPage: skip > 0 && total > 0 };
}
