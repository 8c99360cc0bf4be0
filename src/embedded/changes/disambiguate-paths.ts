import type { Document, UpdateDescription } from '../engine/engine.ts';

const isIndex = (part: string): boolean => /^(?:0|[1-9]\d*)$/.test(part);

/**
 * How a path of an update falls apart: array places as numbers, field names as strings.
 *
 * `a.0.b` of `{a: [{b: 1}]}` becomes `['a', 0, 'b']`; of `{a: {0: {b: 1}}}` it becomes `['a', '0', 'b']`.
 */
function componentsOf(path: string, document: Document): (string | number)[] {
  let value: unknown = document;
  const components: (string | number)[] = [];
  let rest = path.split('.');
  while (rest.length > 0) {
    const isArray = Array.isArray(value);
    const taken = isArray ? 1 : lengthOfName(rest, value);
    const name = rest.slice(0, taken).join('.');
    components.push(isArray && isIndex(name) ? Number(name) : name);
    value =
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Document)[name]
        : undefined;
    rest = rest.slice(taken);
  }
  return components;
}

/** How many parts the next field name spans: more than one when the name itself has dots. */
function lengthOfName(rest: readonly string[], value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  if (Object.hasOwn(value, rest[0] ?? '')) return 1;
  for (let length = 2; length <= rest.length; length++) {
    if (Object.hasOwn(value, rest.slice(0, length).join('.'))) return length;
  }
  return 1;
}

/**
 * The paths of an update that could be read in two ways, each with its components.
 *
 * @see https://www.mongodb.com/docs/manual/reference/change-events/update/#path-disambiguation
 */
export function disambiguatePaths(
  description: UpdateDescription,
  after: Document | undefined,
): Record<string, (string | number)[]> {
  const paths = [
    ...Object.keys(description.updatedFields),
    ...description.removedFields,
    ...description.truncatedArrays.map(({ field }) => field),
  ];
  const found: Record<string, (string | number)[]> = {};
  for (const path of paths) {
    const components = componentsOf(path, after ?? {});
    const parts = path.split('.');
    const isAmbiguous = components.length !== parts.length || parts.slice(1).some(isIndex);
    if (isAmbiguous) found[path] = components;
  }
  return found;
}
