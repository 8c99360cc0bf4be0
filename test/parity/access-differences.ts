import {
  printDocument,
  printWhere,
  type AskedObject,
  type ParityDocument,
} from './access-document.ts';
import type { ComparableAnswer } from './compare-answers.ts';
import {
  isAsking,
  isPointer,
  objectOf,
  relationAt,
  steps,
  uncounted,
  valueAt,
  without,
} from './document-parts.ts';

/** What both servers answered to one document. */
export interface AnswerPair {
  readonly theirs: ComparableAnswer;
  readonly ours: ComparableAnswer;
}

/** Where the gateway answers otherwise on purpose. */
export const DIFFERENCE_REASONS = {
  relationRefused:
    'a refused relation has no Parse code there and takes its parent along; here it has the code, at its own path',
  relationLogic: 'a relation filtered by OR, AND or NOR fails there; here it is answered',
  relationCount:
    'the count of a protected relation asks only what is hidden from everybody there; here all rules, as for the page',
  pointerRefused:
    'a pointer whose class may not be read fails the whole list there; here it is null, with the same code at its path',
  pointerOfNobody:
    'a pointer to what only named users may get fails the whole answer for anonymous callers there; here it is null',
  countOfNobody:
    'a count that pointer permissions leave nothing of is an empty array there, so an error; here it is 0',
  ownObjectById:
    'a filter that names the own user by id may look at all its columns, as in REST; GraphQL there overlooks the id',
  twoRefusals:
    'where page, count or nested queries are refused for different reasons, either code may come first',
  pageByCount:
    'whether there is another page follows the rules for counting there; here the rules for the rows',
  viewerPath: 'the user of the viewer is found with the viewer there; here an error is at the user',
} as const;
export type DifferenceReason = keyof typeof DIFFERENCE_REASONS;

/** A difference that is allowed if both servers agree on the rest of the document, which is absent when nothing is left to ask. */
export interface Difference {
  readonly reason: DifferenceReason;
  readonly rest: ParityDocument | undefined;
}

/** What of a list an error is about. */
const PART = /\.(count|edges|pageInfo)$/;

/** Codes of a refusal by class permissions. */
const REFUSALS: ReadonlySet<unknown> = new Set([101, 119]);

/** Whether all that was wrong is that class permissions or hidden columns forbid it. */
export function isRefused({ errors }: ComparableAnswer): boolean {
  return errors.length > 0 && errors.every(({ code }) => REFUSALS.has(code));
}

/** Names the difference, if it is an allowed one: pure, and strict in what the gateway must have answered. */
export function differenceOf(document: ParityDocument, pair: AnswerPair): Difference | undefined {
  return (
    viewerPath(document, pair) ??
    ownObjectById(document, pair) ??
    pointerOfNobody(document, pair) ??
    pointerRefused(document, pair) ??
    countDifference(document, pair) ??
    relationDifference(document, pair) ??
    pointerDifference(document, pair) ??
    twoRefusals(document, pair)
  );
}

function viewerPath(
  { root }: ParityDocument,
  { theirs, ours }: AnswerPair,
): Difference | undefined {
  const [left, right] = [theirs.errors[0], ours.errors[0]];
  const isSameCode = left !== undefined && left.code === right?.code;
  const isHigher = left?.path === 'viewer' && right?.path === 'viewer.user';
  const isNothing = theirs.data === null && ours.data === null;
  if (root.kind !== 'viewer' || !isSameCode || !isHigher || !isNothing) return undefined;
  return { reason: 'viewerPath', rest: undefined };
}

function relationDifference(
  document: ParityDocument,
  { theirs, ours }: AnswerPair,
): Difference | undefined {
  const failed = theirs.errors.filter(
    ({ path, code }) =>
      (code === 'INTERNAL_SERVER_ERROR' || code === 1) && relationAt(document, path) !== undefined,
  );
  const refusedCounts = ours.errors.filter(
    ({ path, code }) => code === 119 && relationAt(document, path.replace(PART, '')),
  );
  const paths = (failed.length > 0 ? failed : refusedCounts).map(({ path }) =>
    path.replace(PART, ''),
  );
  const [first] = paths;
  const list = first === undefined ? undefined : relationAt(document, first);
  if (first === undefined || list === undefined) return undefined;
  // An error here can have taken along the object that another relation would have failed in.
  const refusedHere = paths.filter((path) =>
    ours.errors.some((error) => error.path.startsWith(`${path}.`) && REFUSALS.has(error.code)),
  );
  const withoutAll = (given: readonly string[]) =>
    given.reduce((left, path) => without(left, steps(path)), document);
  if (failed.length > 0 && refusedHere.length > 0) {
    return { reason: 'relationRefused', rest: withoutAll(refusedHere) };
  }
  const rest = withoutAll(paths);
  if (list.where.some(({ kind }) => kind === 'logic')) return { reason: 'relationLogic', rest };
  if (!list.isCounted) return undefined;
  // Whoever is right about the number, both must agree about the page.
  return { reason: 'relationCount', rest: uncounted(document, steps(first)) };
}

function countDifference(
  document: ParityDocument,
  { theirs, ours }: AnswerPair,
): Difference | undefined {
  const failed = theirs.errors.filter(
    ({ path, code }) => code === 'INTERNAL_SERVER_ERROR' && path.endsWith('.count'),
  );
  if (failed.length === 0) return undefined;
  if (failed.some(({ path }) => valueAt(ours.data, path) !== 0)) return undefined;
  const rest = failed.reduce((left, { path }) => without(left, steps(path)), document);
  return { reason: 'countOfNobody', rest: isAsking(rest) ? rest : undefined };
}

function pointerDifference(
  document: ParityDocument,
  { theirs, ours }: AnswerPair,
): Difference | undefined {
  const [refusal] = theirs.errors;
  if (theirs.errors.length !== 1 || refusal === undefined || !REFUSALS.has(refusal.code)) {
    return undefined;
  }
  const ofPointers = ours.errors.filter(({ path }) => isPointer(document, path));
  const isSame = ofPointers.some(({ code }) => code === refusal.code);
  const isNull = ofPointers.every(({ path }) => valueAt(ours.data, path) === null);
  // The error of a relation can have taken the object with the pointer along: without it, the pointer is seen.
  const wholes = ours.errors.filter(({ path }) => relationAt(document, path.replace(PART, '')));
  if (!isNull || (!isSame && wholes.length === 0)) return undefined;
  const left = isSame ? ofPointers : wholes;
  const rest = left.reduce(
    (kept, { path }) => without(kept, steps(path.replace(PART, ''))),
    document,
  );
  return { reason: 'pointerRefused', rest };
}

function pointerOfNobody(
  document: ParityDocument,
  { theirs, ours }: AnswerPair,
): Difference | undefined {
  const isRefused = theirs.errors.length === 1 && theirs.errors[0]?.code === 101;
  const isOfRelations = ours.errors.every(({ path }) =>
    relationAt(document, path.replace(PART, '')),
  );
  if (!isRefused || document.principal !== 'anonymous' || !isOfRelations) return undefined;
  const ways = nullPointers(objectOf(document), nodesOf(ours.data));
  if (ways.length === 0) return undefined;
  const rest = ways.reduce((left, way) => without(left, way), document);
  return { reason: 'pointerOfNobody', rest };
}

/** A list that is refused there for a pointer that is refused here: whatever else is in it is seen without that pointer. */
function pointerRefused(document: ParityDocument, pair: AnswerPair): Difference | undefined {
  const [refusal] = pair.theirs.errors;
  const isSame = pair.ours.errors.some(
    ({ path, code }) => code === refusal?.code && isPointer(document, path),
  );
  return isSame ? pointerDifference(document, pair) : undefined;
}

function ownObjectById(
  document: ParityDocument,
  { theirs, ours }: AnswerPair,
): Difference | undefined {
  const { principal } = document;
  const namesSelf = printDocument(document).includes(`objectId: { equalTo: "${principal}" }`);
  const isRefused =
    theirs.errors.length > 0 &&
    theirs.errors.every(({ code }) => code === 119 || code === 'INTERNAL_SERVER_ERROR');
  if (!principal.startsWith('@') || !namesSelf || !isRefused || ours.errors.length > 0) {
    return undefined;
  }
  return { reason: 'ownObjectById', rest: undefined };
}

type Node = Readonly<Record<string, unknown>>;

/** The objects an answer is about. */
function nodesOf(data: unknown): readonly Node[] {
  return Object.entries((data ?? {}) as Readonly<Record<string, Node>>).flatMap(([name, root]) => {
    // A selection that ends in null has nothing to follow.
    if ((root as Node | null) === null) return [];
    if (name === 'viewer') return [(root as { readonly user: Node }).user];
    if (!('edges' in root)) return [root];
    const edges = (root['edges'] ?? []) as readonly { readonly node: Node | null }[];
    return edges.map(({ node }) => node).filter((node) => node !== null);
  });
}

/** Ways to the pointers that are null in every object. */
function nullPointers(
  asked: AskedObject | undefined,
  nodes: readonly Node[],
): readonly (readonly string[])[] {
  return (asked?.pointers ?? []).flatMap(({ name, object }) => {
    const targets = nodes
      .flatMap((node) => (node[name] ?? []) as Node | readonly (Node | null)[])
      .filter((target) => target !== null);
    if (targets.length === 0) return [[name]];
    return nullPointers(object, targets).map((way) => [name, ...way]);
  });
}

function twoRefusals(
  document: ParityDocument,
  { theirs, ours }: AnswerPair,
): Difference | undefined {
  const [left, right] = [theirs.errors[0], ours.errors[0]];
  if (left === undefined || right === undefined || left.path !== right.path) return undefined;
  if (!REFUSALS.has(left.code) || !REFUSALS.has(right.code)) return undefined;
  // Only callers who could sign in are refused with another code.
  const { root, principal } = document;
  if (root.kind !== 'list' || principal !== 'anonymous') return undefined;
  if (/\b(have|haveNot|exists|inQueryKey|notInQueryKey):/.test(printWhere(root.list.where))) {
    return { reason: 'twoRefusals', rest: undefined };
  }
  const { isCounted, isPaged, object } = root.list;
  // Pages are counted there, and rows here.
  const isByRowsAndNumber = (isCounted && object !== undefined) || isPaged;
  if (!isByRowsAndNumber) return undefined;
  const rest = without(without(document, ['count']), ['pageInfo']);
  return { reason: 'twoRefusals', rest: isAsking(rest) ? rest : undefined };
}
