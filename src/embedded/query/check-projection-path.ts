import { refuseAt } from './refuse.ts';

/** @throws StoreError 40352 or 40353 for an empty name, 16410 for one with a dollar, 31394 for a `$` that is not at the end. */
export function assertProjectionPath(
  path: string,
  { mayBePositional }: { readonly mayBePositional: boolean },
): void {
  if (path === '') refuseAt(40352, 'FieldPath cannot be constructed with empty string');
  if (path.endsWith('.')) refuseAt(40353, "FieldPath must not end with a '.'.");
  const parts = path.split('.');
  const isPositional = (part: string, index: number): boolean =>
    part === '$' && index === parts.length - 1 && index > 0 && mayBePositional;
  const wrong = parts.find(
    (part, index) =>
      part.startsWith('$') && !/^\$(?:id|ref|db)$/.test(part) && !isPositional(part, index),
  );
  if (wrong === undefined) return;
  if (wrong === '$') {
    refuseAt(
      31394,
      `As of 4.4, it's illegal to specify positional operator in the middle of a path. Positional projection may only be used at the end, for example: a.b.$.`,
    );
  }
  refuseAt(
    16410,
    "FieldPath field names may not start with '$'. Consider using $getField or $setField.",
  );
}
