import type { Pointer } from '../parse/values.ts';

/** Equal for pointers to the same object. */
export function keyOf(pointer: Pointer): string {
  return `${pointer.className} ${pointer.objectId}`;
}
