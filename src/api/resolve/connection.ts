import type { GraphQLResolveInfo } from 'graphql';
import type { ParseObject } from '../../parse/object.ts';
import {
  type CountRequest,
  type FindRequest,
  type OrderKey,
  orderName,
} from '../../query/find-request.ts';
import type { ApiContext } from '../api-context.ts';
import { encodeKeysetCursor, encodeOffsetCursor } from '../arguments/cursor.ts';
import { decodeFind, type ListArguments } from '../arguments/find.ts';
import { hasPositions } from '../arguments/order.ts';
import type { PageWish } from '../arguments/page.ts';
import { GENERATED_TYPES } from '../plan/names.ts';
import type { ApiPlan, ClassPlan } from '../plan/api-plan.ts';
import { columnsOf, fieldsUnder, oncePerField } from './selection.ts';

/** How one list is read: a root's own class, or the children of one owner. */
export interface ListReads {
  page(find: FindRequest): Promise<readonly ParseObject[]>;
  count(count: CountRequest): Promise<number>;
}

export interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

interface Edge {
  readonly node: ParseObject;
  readonly cursor: () => string;
}

/** The parts of a connection: each is read when graphql asks for it, and those that share a read share its outcome. */
export interface Connection {
  readonly edges: () => Promise<readonly Edge[]>;
  readonly pageInfo: () => Promise<PageInfo>;
  readonly count: () => Promise<number>;
}

/** What of a connection is selected. */
interface ConnectionSelection {
  readonly columns: ReadonlySet<string>;
  readonly hasRows: boolean;
  readonly hasCursors: boolean;
  readonly needsNeighbours: boolean;
  readonly hasCount: boolean;
}

/** Everything about a list that is the same for all its parents. */
interface ListPlan {
  readonly wish: PageWish;
  /** One row more than wished, when it matters whether the list goes on. The very same for all parents. */
  readonly find: FindRequest;
  readonly count: CountRequest;
  readonly isKeyset: boolean;
  readonly selection: ConnectionSelection;
}

/** Reads a list's arguments once for all parents, and answers with lazily read parts. */
export function connectionFor(plan: ClassPlan, api: ApiPlan) {
  const selected = oncePerField((info) => selectionOf(plan, info));
  let plans: WeakMap<object, WeakMap<ApiContext, ListPlan>> | undefined;
  return (
    args: ListArguments,
    context: ApiContext,
    info: GraphQLResolveInfo,
  ): {
    readonly read: (reads: ListReads) => Connection;
    readonly selection: ConnectionSelection;
  } => {
    plans ??= new WeakMap();
    const held = plans.get(info.fieldNodes)?.get(context);
    const list = held ?? planList({ plan, api, args, context, selection: selected(info) });
    if (held === undefined) plans.set(info.fieldNodes, new WeakMap([[context, list]]));
    return { read: (reads) => readList(list, reads), selection: list.selection };
  };
}

function selectionOf(plan: ClassPlan, info: GraphQLResolveInfo): ConnectionSelection {
  const { type } = plan.names;
  const connection = fieldsUnder(info.fieldNodes, GENERATED_TYPES.connection(type), info);
  const edges = fieldsUnder(connection.get('edges'), GENERATED_TYPES.edge(type), info);
  const pageInfo = fieldsUnder(connection.get('pageInfo'), 'PageInfo', info);
  return {
    columns: columnsOf(fieldsUnder(edges.get('node'), type, info), plan),
    hasRows: connection.has('edges') || connection.has('pageInfo'),
    hasCursors: edges.has('cursor') || pageInfo.has('startCursor') || pageInfo.has('endCursor'),
    needsNeighbours: pageInfo.has('hasNextPage') || pageInfo.has('hasPreviousPage'),
    hasCount: connection.has('count'),
  };
}

function planList(options: {
  readonly plan: ClassPlan;
  readonly api: ApiPlan;
  readonly args: ListArguments;
  readonly context: ApiContext;
  readonly selection: ConnectionSelection;
}): ListPlan {
  const { plan, api, selection } = options;
  const { wish, find, count } = decodeFind(options);
  const isKeyset = hasPositions(find.order, plan, api);
  const orderColumns = selection.hasCursors && isKeyset ? valuesOf(find.order, plan) : [];
  const select = new Set([...selection.columns, ...orderColumns]);
  const extra = selection.needsNeighbours ? 1 : 0;
  const page = { ...wish.page, limit: wish.page.limit + extra };
  return { wish, find: { ...find, page, select }, count, isKeyset, selection };
}

/** What must be fetched to tell a row's place; base columns always are. */
function valuesOf(order: readonly OrderKey[], { schema }: ClassPlan): readonly string[] {
  return order
    .filter(({ column, through }) => through !== undefined || schema.fields.has(column.name))
    .map(orderName);
}

function readList(list: ListPlan, reads: ListReads): Connection {
  const rows = once(() => readRows(list, reads));
  const count = once(() => reads.count(list.count));
  return {
    edges: async () => edgesOf(list, await rows()),
    pageInfo: async () => pageInfoOf(list, await rows()),
    count,
  };
}

interface Rows {
  readonly objects: readonly ParseObject[];
  readonly hasMoreBefore: boolean;
  readonly hasMoreAfter: boolean;
  /** Rows of the list ahead of the first; known where cursors are offsets. */
  readonly offset: number;
}

/** Cost: 1 command, 2 for the end of a list in an order that cannot be turned round and for an empty page behind a cursor. */
async function readRows(list: ListPlan, reads: ListReads): Promise<Rows> {
  const { wish, selection, isKeyset } = list;
  // An order by arrays cannot be turned round, and a cursor that is an offset needs the number of rows.
  const isCounted =
    wish.page.fromEnd && !isKeyset && (list.find.order.length > 0 || selection.hasCursors);
  const page = isCounted ? fromStart(wish.page, await reads.count(list.count)) : wish.page;
  const find = isCounted ? { ...list.find, page: { ...page, limit: page.limit + 1 } } : list.find;
  const found = find.page.limit === 0 ? [] : await reads.page(find);
  const isCut = found.length > page.limit;
  const kept = page.fromEnd ? found.slice(isCut ? 1 : 0) : found.slice(0, page.limit);
  const objects = wish.tail === undefined ? kept : kept.slice(Math.max(0, kept.length - wish.tail));
  const dropped = kept.length - objects.length;
  const isPreceded = page.skip > 0 || wish.isPreceded;
  return {
    objects,
    hasMoreBefore:
      dropped > 0 ||
      (page.fromEnd && isCut) ||
      (isPreceded &&
        (found.length > 0 || (selection.needsNeighbours && (await hasAny(list, reads))))),
    hasMoreAfter: wish.isFollowed || (!page.fromEnd && isCut),
    offset: page.skip + dropped,
  };
}

function fromStart(page: FindRequest['page'], total: number): FindRequest['page'] {
  const skip = Math.max(page.skip, total - page.limit);
  return { ...page, skip, limit: Math.min(page.limit, Math.max(0, total - skip)), fromEnd: false };
}

/** An empty page behind a cursor: whether the list has rows at all. Cost: 1 command. */
async function hasAny({ find }: ListPlan, reads: ListReads): Promise<boolean> {
  const page = { limit: 1, skip: 0, after: undefined, before: undefined, fromEnd: false };
  return (await reads.page({ ...find, page, select: new Set() })).length > 0;
}

function edgesOf(list: ListPlan, { objects, offset }: Rows): readonly Edge[] {
  return objects.map((node, index) => ({
    node,
    cursor: () => cursorOf(list, node, offset + index),
  }));
}

function pageInfoOf(
  list: ListPlan,
  { objects, offset, hasMoreAfter, hasMoreBefore }: Rows,
): PageInfo {
  const [first] = objects;
  const last = objects.at(-1);
  return {
    hasNextPage: hasMoreAfter,
    hasPreviousPage: hasMoreBefore,
    startCursor: first === undefined ? null : cursorOf(list, first, offset),
    endCursor: last === undefined ? null : cursorOf(list, last, offset + objects.length - 1),
  };
}

function cursorOf({ find, isKeyset }: ListPlan, object: ParseObject, offset: number): string {
  return isKeyset ? encodeKeysetCursor(object, find.order) : encodeOffsetCursor(offset);
}

function once<Value>(read: () => Promise<Value>): () => Promise<Value> {
  let outcome: Promise<Value> | undefined;
  return () => (outcome ??= read());
}
