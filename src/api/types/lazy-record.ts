/** A record without a prototype that cannot be changed. */
export type LazyRecord<Value> = Readonly<Record<string, Value>>;

export interface LazyRecordParts<Value> {
  /** Every key, in the order in which they are listed. */
  readonly keys: () => Iterable<string>;
  readonly has: (key: string) => boolean;
  /** Asked once for each key that is used. */
  readonly make: (key: string) => Value;
}

/**
 * A record that makes a value when it is first asked for, for graphql-js, which wants plain records of thousands of types and
 * fields where a request names a few. Listing its keys makes nothing.
 */
export function lazyRecord<Value>(parts: LazyRecordParts<Value>): LazyRecord<Value> {
  const made = new Map<string, Value>();
  const isKey = (key: string | symbol): key is string => typeof key === 'string' && parts.has(key);
  const read = (key: string): Value => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = parts.make(key);
    made.set(key, value);
    return value;
  };
  return new Proxy(Object.create(null) as LazyRecord<Value>, {
    get: (_target, key) => (isKey(key) ? read(key) : undefined),
    has: (_target, key) => isKey(key),
    ownKeys: () => [...parts.keys()],
    getOwnPropertyDescriptor: (_target, key) =>
      isKey(key) ? { configurable: true, enumerable: true, get: () => read(key) } : undefined,
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    preventExtensions: () => false,
  });
}

/** As `lazyRecord`, for fewer keys that are read often: a value stands there like any other once it is made. */
export function madeOnUse<Value>(
  keys: Iterable<string>,
  make: (key: string) => Value,
): Record<string, Value> {
  const record = Object.create(null) as Record<string, Value>;
  for (const key of keys) {
    Object.defineProperty(record, key, {
      enumerable: true,
      configurable: true,
      get: () => {
        const value = make(key);
        Object.defineProperty(record, key, { enumerable: true, value });
        return value;
      },
    });
  }
  return record;
}

/** Makers → what they make, each made once, when it is first asked for. */
export function lazyParts<Parts extends object>(makers: {
  readonly [Key in keyof Parts]: () => Parts[Key];
}): Readonly<Parts> {
  return madeOnUse(Object.keys(makers), (key) => makers[key as keyof Parts]()) as Parts;
}
