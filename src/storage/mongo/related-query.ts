import { GatewayError } from '../../parse/errors.ts';
import { answerTogether } from '../../query/answer-together.ts';
import type { CountRequest, Link } from '../../query/find-request.ts';
import { groupBy } from '../../query/group-by.ts';
import type { ClassReader } from './class-reader.ts';
import type { StoredDocument } from './document.ts';
import { withNeededIndex } from './ensure-index.ts';
import type { StoredFilter } from './filter.ts';

/** A pipeline about the children of many owners, and what its rows mean. */
export interface RelatedQuery<Answer> {
  readonly kind: 'query';
  /** Of the children. */
  readonly request: CountRequest;
  /** Where the pipeline begins; `undefined`: with documents of its own. */
  readonly collection: string | undefined;
  readonly pipeline: readonly StoredFilter[];
  /** May read once more. */
  readonly answer: (rows: readonly StoredDocument[]) => Answer | Promise<Answer>;
}

/** What can be answered without being one of several. */
export interface AnsweredAlone<Answer> {
  readonly kind: 'alone';
  readonly answer: () => Promise<Answer>;
}

type Rows = readonly StoredDocument[];
type AnyQuery = Omit<RelatedQuery<unknown>, 'answer'>;

/** Which of several queries a row belongs to, where it is not the first; no column can have this name. */
const QUERY = '__query';

/** A server takes a thousand stages at most. */
const MOST_AT_ONCE = 100;

/** Answers all requests, those that have one link, class and read preference together. */
export function eachLink<Request extends { readonly link: Link }, Answer>(
  requests: readonly Request[],
  readOf: (request: Request) => CountRequest,
  answer: (together: readonly Request[]) => readonly Promise<Answer>[],
): readonly Promise<Answer>[] {
  const places = requests.map((request, place) => ({ request, place }));
  const groups = groupBy(places, ({ request }) => {
    const { className, readPreference } = readOf(request);
    const { kind, ownerClass, field } = request.link;
    return [kind, ownerClass, field, className, readPreference].join(' ');
  });
  const answered = [...groups.values()].flatMap((group) => {
    const answers = answer(group.map(({ request }) => request));
    return group.map(({ place }, index) => ({ place, answer: answers[index] }));
  });
  return answered.toSorted((a, b) => a.place - b.place).flatMap(({ answer: each }) => each ?? []);
}

/**
 * Runs the queries as one command and answers each: what makes one of them fail fails that one alone, except that the database is away
 * or that all of them together take too long.
 *
 * Cost: 1 command for each hundred queries. When the database refuses one of them: 1 more for each, to find out which.
 */
export function runTogether<Answer>(
  reader: ClassReader,
  planned: readonly Promise<RelatedQuery<Answer> | AnsweredAlone<Answer>>[],
): readonly Promise<Answer>[] {
  const queries = planned.map(async (pending) => {
    const query = await pending;
    return query.kind === 'query' ? query : undefined;
  });
  const found = answerTogether(queries, (together) => readTogether(reader, together));
  return planned.map(async (pending, place) => {
    const rows = await found[place];
    const query = await pending;
    return query.kind === 'alone' ? query.answer() : query.answer(rows ?? []);
  });
}

/** The rows of each query. */
function readTogether(reader: ClassReader, queries: readonly AnyQuery[]): readonly Promise<Rows>[] {
  const reads: Promise<Rows>[] = [];
  for (let first = 0; first < queries.length; first += MOST_AT_ONCE) {
    const together = queries.slice(first, first + MOST_AT_ONCE);
    const united = together.length > 1 ? readUnited(reader, together) : undefined;
    reads.push(...together.map((query) => readOne(reader, query, united)));
  }
  return reads;
}

async function readOne(
  reader: ClassReader,
  query: AnyQuery,
  united: Promise<ReadonlyMap<AnyQuery, Rows>> | undefined,
): Promise<Rows> {
  try {
    if (united !== undefined) return (await united).get(query) ?? [];
  } catch (error) {
    if (!isOneFault(error)) throw error;
  }
  const { collections, schemaOf } = reader;
  const { className, where } = query.request;
  return withNeededIndex(() => send(reader, query), where, {
    collections,
    schema: schemaOf(className),
  });
}

/** Whether running the queries one by one may answer some of them. */
function isOneFault(error: unknown): boolean {
  if (!(error instanceof GatewayError)) return true;
  return error.code !== 'ServiceUnavailable' && error.code !== 'Timeout';
}

async function readUnited(
  reader: ClassReader,
  queries: readonly AnyQuery[],
): Promise<ReadonlyMap<AnyQuery, Rows>> {
  const [first, ...others] = queries;
  if (first === undefined) return new Map();
  const pipeline = [...first.pipeline, ...others.map(unionWith(reader))];
  const rows = groupBy(await send(reader, { ...first, pipeline }), ({ [QUERY]: number = 0 }) =>
    Number(number),
  );
  return new Map(queries.map((query, index) => [query, rows.get(index) ?? []]));
}

function unionWith({ commands }: ClassReader) {
  return ({ collection, pipeline }: AnyQuery, index: number): StoredFilter => ({
    $unionWith: {
      ...(collection !== undefined && { coll: commands.collectionName(collection) }),
      pipeline: [...pipeline, { $set: { [QUERY]: index + 1 } }],
    },
  });
}

function send(
  { commands }: ClassReader,
  { collection, pipeline, request: { readPreference } }: AnyQuery,
): Promise<Rows> {
  return collection === undefined
    ? commands.aggregateRows(pipeline, readPreference)
    : commands.aggregate(collection, pipeline, readPreference);
}
