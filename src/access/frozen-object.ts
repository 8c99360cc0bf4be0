import type { ParseObject } from '../parse/object.ts';
import { Polygon, isParseRecord, type ParseValue } from '../parse/values.ts';

/** A map that throws on every attempt to change it. */
class FrozenMap<K, V> extends Map<K, V> {
  #isSealed = false;

  static of<K, V>(entries: Iterable<readonly [K, V]>): FrozenMap<K, V> {
    const map = new FrozenMap<K, V>(entries);
    map.#isSealed = true;
    return map;
  }

  override set(key: K, value: V): this {
    // The constructor of Map fills itself through `set`, before private fields exist.
    if (#isSealed in this && this.#isSealed) throw new TypeError('this object is shared');
    return super.set(key, value);
  }

  override delete(): boolean {
    throw new TypeError('this object is shared');
  }

  override clear(): void {
    throw new TypeError('this object is shared');
  }
}

/**
 * The same object, copied so that nobody can change it: what one subscriber does to an event reaches no other. Dates are copied,
 * not frozen, since a date cannot be.
 */
export function frozenObject(object: ParseObject): ParseObject {
  const values = [...object.values].map(([name, value]) => [name, frozenValue(value)] as const);
  return Object.freeze({
    ...object,
    createdAt: copyOf(object.createdAt),
    updatedAt: copyOf(object.updatedAt),
    acl: Object.freeze({
      readers: object.acl.readers && Object.freeze([...object.acl.readers]),
      writers: object.acl.writers && Object.freeze([...object.acl.writers]),
    }),
    values: FrozenMap.of(values),
  });
}

function copyOf(date: Date | undefined): Date | undefined {
  return date === undefined ? undefined : new Date(date);
}

function frozenValue(value: ParseValue): ParseValue {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Date) return new Date(value);
  if (isList(value)) return Object.freeze(value.map(frozenValue));
  if (value instanceof Polygon) {
    return Object.freeze(
      new Polygon(Object.freeze(value.points.map((point) => Object.freeze(point)))),
    );
  }
  if (!isParseRecord(value)) return Object.freeze(value);
  const entries = Object.entries(value).map(([key, item]) => [key, frozenValue(item)] as const);
  return Object.freeze(Object.fromEntries(entries));
}

function isList(value: ParseValue): value is readonly ParseValue[] {
  return Array.isArray(value);
}
