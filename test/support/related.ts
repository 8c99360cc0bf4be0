import type {
  RelatedCountRequest,
  RelatedCounts,
  RelatedPages,
  RelatedRequest,
} from '../../src/query/find-request.ts';

interface Pages {
  findRelated(requests: readonly RelatedRequest[]): readonly Promise<RelatedPages>[];
}

interface Counts {
  countRelated(requests: readonly RelatedCountRequest[]): readonly Promise<RelatedCounts>[];
}

/** The answer to a request that stands alone. */
export function findRelated(store: Pages, request: RelatedRequest): Promise<RelatedPages> {
  return only(store.findRelated([request]));
}

/** The answer to a request that stands alone. */
export function countRelated(store: Counts, request: RelatedCountRequest): Promise<RelatedCounts> {
  return only(store.countRelated([request]));
}

function only<Answer>([answer]: readonly Promise<Answer>[]): Promise<Answer> {
  if (answer === undefined) throw new Error('the request was not answered');
  return answer;
}
