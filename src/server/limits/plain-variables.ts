/**
 * Takes the prototype from every JSON object in the variables of an operation, in place: graphql-js reads the fields of an input by name,
 * and would take an absent one named `constructor` or `toString`, as a column may be, from `Object.prototype`.
 */
export function dropPrototypes(variables: unknown): void {
  const pending = isObject(variables) ? [variables] : [];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (Object.getPrototypeOf(value) === Object.prototype) Object.setPrototypeOf(value, null);
    for (const inner of Object.values(value) as unknown[]) {
      if (isObject(inner)) pending.push(inner);
    }
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
