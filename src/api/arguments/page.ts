import { GatewayError } from '../../parse/errors.ts';
import type { OrderKey, Page } from '../../query/find-request.ts';
import type { ApiLimits } from '../api-context.ts';
import { type Cursor, decodeCursor } from './cursor.ts';

/** A page as a client asks for it. */
export interface PageWish {
  /** `limit` is what the client gets; whoever fetches may ask for one more row. */
  readonly page: Page;
  /** Of the fetched rows only the last so many: `first` and `last` together. */
  readonly tail: number | undefined;
  /** A cursor or `skip` stands before / behind the page, so there are rows on that side. */
  readonly isPreceded: boolean;
  readonly isFollowed: boolean;
}

export type PageArguments = Readonly<Record<string, unknown>>;

/**
 * `skip`, `first`, `after`, `last`, `before` → a page.
 *
 * Without `first` and `last`: the default number of rows, or up to an offset cursor in `before`. `first` counts from the start
 * (or `after`), `last` from the end (or `before`); with both, the last of the first. `skip` adds to `after`.
 * @throws GatewayError 102 for a negative number or a cursor that is not ours.
 * @see https://relay.dev/graphql/connections.htm#sec-Pagination-algorithm
 */
export function decodePage(
  args: PageArguments,
  order: readonly OrderKey[],
  limits: ApiLimits,
): PageWish {
  const skip = countAt(args, 'skip', 'Skip');
  const first = countAt(args, 'first', 'First');
  const last = countAt(args, 'last', 'Last');
  const after = cursorAt(args, 'after', 'After', order);
  const before = cursorAt(args, 'before', 'Before', order);
  const rows = (skip ?? 0) + (after?.kind === 'offset' ? after.offset + 1 : 0);
  const room = before?.kind === 'offset' ? Math.max(0, before.offset - rows) : undefined;
  // Without a place to count back from, no rows of the end are no rows of the start, as in Parse Server's API.
  const isNothing = last === 0 && before === undefined;
  const fromEnd = last !== undefined && first === undefined && room === undefined && !isNothing;
  const wanted = fromEnd ? last : (first ?? room ?? (isNothing ? 0 : limits.defaultPageRows));
  const limit = capped(Math.min(wanted, room ?? wanted), limits);
  const position = (cursor: Cursor | undefined) =>
    cursor?.kind === 'keyset' ? cursor.position : undefined;
  return {
    page: { limit, skip: rows, after: position(after), before: position(before), fromEnd },
    tail: last !== undefined && !fromEnd && last < limit ? last : undefined,
    isPreceded: rows > 0 || after !== undefined,
    isFollowed: before?.kind === 'keyset',
  };
}

function capped(rows: number, { maxPageRows }: ApiLimits): number {
  return maxPageRows === undefined ? rows : Math.min(rows, maxPageRows);
}

function countAt(args: PageArguments, name: string, title: string): number | undefined {
  const value = args[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || value < 0) {
    throw new GatewayError('InvalidQuery', `${title} should be a positive number`);
  }
  return value;
}

function cursorAt(
  args: PageArguments,
  name: string,
  title: 'After' | 'Before',
  order: readonly OrderKey[],
): Cursor | undefined {
  const value = args[name];
  // An empty cursor is none, as in Parse Server's API.
  return typeof value === 'string' && value !== '' ? decodeCursor(value, order, title) : undefined;
}
