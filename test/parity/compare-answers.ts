/** What a client sees of an answer, in a form two servers can be compared by. */
export interface ComparableAnswer {
  readonly data: unknown;
  /** Parse's number, or the string code of a document that is refused as a whole, by path. */
  readonly errors: readonly { readonly path: string; readonly code: unknown }[];
}

interface GraphqlAnswer {
  readonly data?: unknown;
  readonly errors?: readonly {
    readonly path?: readonly (string | number)[];
    readonly extensions?: { readonly code?: unknown };
  }[];
}

/**
 * Cursors are opaque, so they are left out; lists that the document does not order are sorted by content; errors keep path and code.
 */
export function comparable(answer: GraphqlAnswer, isOrdered: boolean): ComparableAnswer {
  return {
    data: normalise(answer.data ?? null, isOrdered),
    errors: (answer.errors ?? [])
      .map(({ path = [], extensions }) => ({ path: path.join('.'), code: extensions?.code }))
      .sort((a, b) => (a.path < b.path ? -1 : 1)),
  };
}

const opaque = new Set(['cursor', 'startCursor', 'endCursor']);

function normalise(value: unknown, isOrdered: boolean): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => normalise(item, isOrdered));
    return isOrdered ? items : items.sort(byJson);
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !opaque.has(key))
      .map(([key, item]: [string, unknown]) => [key, normalise(item, isOrdered)]),
  );
}

function byJson(a: unknown, b: unknown): number {
  const [left, right] = [JSON.stringify(a), JSON.stringify(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}
