import type { CountRequest, FindRequest, Link } from '../query/find-request.ts';

type Keyed = FindRequest | CountRequest | Link;

// Siblings pass the very same request, so a large filter is spelled out once.
const known = new WeakMap<Keyed, string>();

/** Equal for equal requests, whatever the order in which their properties were set; what is selected does not matter. */
export function requestKey(request: Keyed): string {
  const present = known.get(request);
  if (present !== undefined) return present;
  const key = spell('select' in request ? { ...request, select: undefined } : request);
  known.set(request, key);
  return key;
}

/** JSON with sorted properties in which a Date, a Pointer and a plain object never look alike. */
function spell(value: unknown): string {
  if (typeof value === 'number') return Object.is(value, -0) ? '0' : String(value);
  if (value === undefined) return 'undefined';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(spell).join()}]`;
  if (value instanceof Date) return `Date(${value.getTime()})`;
  if (value instanceof Set) return `Set(${[...value].map(spell).sort().join()})`;
  const properties = Object.entries(value)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([name, inner]) => `${JSON.stringify(name)}:${spell(inner)}`);
  const kind = value.constructor === Object ? '' : value.constructor.name;
  return `${kind}{${properties.join()}}`;
}
