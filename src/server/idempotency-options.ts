/** For which mutations a request id counts, and for how many seconds. */
export interface IdempotencyOptions {
  /** Regular expressions for the beginning of `graphql/<field>`; none: no request id counts. */
  readonly paths: readonly string[];
  readonly ttl: number;
}

/** Parse Server's default: no request id counts. */
export const NO_IDEMPOTENCY: IdempotencyOptions = { paths: [], ttl: 300 };

/** `{"paths": [...], "ttl": 300}`; `undefined` for anything else. */
export function checkIdempotency({
  paths = NO_IDEMPOTENCY.paths,
  ttl = NO_IDEMPOTENCY.ttl,
  ...unknown
}: Readonly<Record<string, unknown>>): IdempotencyOptions | undefined {
  if (!Array.isArray(paths) || !paths.every(isPattern) || Object.keys(unknown).length > 0) {
    return undefined;
  }
  return typeof ttl === 'number' && ttl > 0 && Number.isFinite(ttl) ? { paths, ttl } : undefined;
}

function isPattern(value: unknown): value is string {
  try {
    return typeof value === 'string' && new RegExp(value) instanceof RegExp;
  } catch {
    return false;
  }
}
