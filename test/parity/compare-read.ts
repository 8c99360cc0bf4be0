import { expect } from 'vitest';
import { comparable, type ComparableAnswer } from './compare-answers.ts';
import type { Caller } from './read-corpus.ts';
import { printRead, type ReadArguments, type ReadRoot } from './read-document.ts';
import type { GraphqlAnswer, Pair } from './start-pair.ts';

interface ReadBy {
  readonly root: ReadRoot;
  readonly caller: Caller;
}

interface Answers {
  readonly theirs: GraphqlAnswer;
  readonly ours: GraphqlAnswer;
  /** What both agree on. */
  readonly agreed: ComparableAnswer;
}

/** Pages that are followed from a random one. */
const MOST_PAGES = 3;

/**
 * Asks both servers and expects equal answers; then the pages that follow, each server by its own cursors, and from the last of them
 * one page back. Resolves with all answers.
 */
export async function compareRead(pair: Pair, read: ReadBy): Promise<readonly ComparableAnswer[]> {
  const first = await compareOnce(pair, read);
  const answers = [first.agreed];
  let page = first;
  for (let count = 0; count < MOST_PAGES; count += 1) {
    const next = await turnPage(pair, read, page, 'after');
    if (next === undefined) break;
    answers.push(next.agreed);
    page = next;
  }
  const back = page === first ? undefined : await turnPage(pair, read, page, 'before');
  return back === undefined ? answers : [...answers, back.agreed];
}

async function compareOnce(pair: Pair, read: ReadBy, theirRoot = read.root): Promise<Answers> {
  const [asked, askedThere] = [printRead(read.root), printRead(theirRoot)];
  const [theirs, ours] = await Promise.all([
    pair.askParseServer(askedThere.document, read.caller, askedThere.variables),
    pair.askGateway(asked.document, read.caller, asked.variables),
  ]);
  const agreed = comparable(ours, true);
  expect(agreed, `${read.caller}: ${JSON.stringify(asked)}`).toEqual(comparable(theirs, true));
  return { theirs, ours, agreed };
}

/** The page after or before; `undefined` where there is none, or none was asked for. */
async function turnPage(
  pair: Pair,
  { root, caller }: ReadBy,
  { theirs, ours }: Answers,
  direction: 'after' | 'before',
): Promise<Answers | undefined> {
  if (root.kind !== 'list' || !root.list.hasPageInfo) return undefined;
  const { first, last } = root.list.args;
  if (typeof first !== 'number' || first < 1 || typeof last === 'number') return undefined;
  const [cursor, theirCursor] = [ours, theirs].map((answer) =>
    cursorOf(answer, root.name, direction),
  );
  if (cursor === undefined || theirCursor === undefined) return undefined;
  const rows: Partial<ReadArguments> = direction === 'after' ? { first } : { last: first };
  const turned = (to: string): ReadRoot => ({
    ...root,
    list: {
      ...root.list,
      args: { ...root.list.args, skip: undefined, first: undefined, ...rows, [direction]: to },
    },
  });
  return compareOnce(pair, { root: turned(cursor), caller }, turned(theirCursor));
}

/** The cursor to turn the page by, where there are rows on that side. */
function cursorOf(
  { data }: GraphqlAnswer,
  name: string,
  direction: 'after' | 'before',
): string | undefined {
  const list = (data as Readonly<Record<string, unknown>> | null | undefined)?.[name];
  if (typeof list !== 'object' || list === null || !('pageInfo' in list)) return undefined;
  const info = list.pageInfo as Readonly<Record<string, unknown>>;
  const [goesOn, cursor] =
    direction === 'after'
      ? [info['hasNextPage'], info['endCursor']]
      : [info['hasPreviousPage'], info['startCursor']];
  return goesOn === true && typeof cursor === 'string' ? cursor : undefined;
}
