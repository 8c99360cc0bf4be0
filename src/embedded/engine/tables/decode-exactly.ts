import { Double, Int32, deserialize } from 'bson';
import { bsonTypeOf, putField, type Fields } from '../../query/bson-values.ts';
import type { Document } from '../engine.ts';

/**
 * Decodes so that every number's BSON type can be told, and encoding gives the same bytes again.
 *
 * A JavaScript number stays one where its type is plain from its value (whole within 32 bits: int, any other: double);
 * a whole double within 32 bits is a `Double`, a 64-bit number always a `Long`. Costs about a quarter more than `decodeDocument`.
 */
export function decodeExactly(raw: Uint8Array): Document {
  const document = deserialize(raw, {
    promoteValues: false,
    promoteLongs: false,
    promoteBuffers: false,
    bsonRegExp: true,
  });
  simplify(document);
  return document;
}

/** In place: nobody else holds what was just decoded. */
function simplify(fields: Fields): void {
  for (const [name, value] of Object.entries(fields)) {
    const simple = simplified(value);
    if (simple !== value) putField(fields, name, simple);
  }
}

function simplified(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Int32) return value.value;
  if (value instanceof Double) return bsonTypeOf(value.value) === 'double' ? value.value : value;
  if (Array.isArray(value)) {
    for (const [index, element] of value.entries()) value[index] = simplified(element);
    return value;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype) simplify(value as Fields);
  return value;
}
