/** Names one object of one class; the object need not exist. */
export class Pointer {
  readonly className: string;
  readonly objectId: string;

  constructor(className: string, objectId: string) {
    this.className = className;
    this.objectId = objectId;
  }
}

/** A position in degrees; latitude first, as Parse writes it. */
export class GeoPoint {
  readonly latitude: number;
  readonly longitude: number;

  constructor(latitude: number, longitude: number) {
    this.latitude = latitude;
    this.longitude = longitude;
  }
}

/** A closed ring of at least three distinct points; the last equals the first. */
export class Polygon {
  readonly points: readonly GeoPoint[];

  constructor(points: readonly GeoPoint[]) {
    this.points = points;
  }
}

/** A stored file by name; its address depends on who serves it. */
export class FileReference {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** Binary content, as standard base64. */
export class Bytes {
  readonly base64: string;

  constructor(base64: string) {
    this.base64 = base64;
  }
}

/** A free-form value inside an Object or Array column, keys in stored order. */
export interface ParseRecord {
  readonly [key: string]: ParseValue;
}

/** Any value a column can hold. `null` is stored null; an absent value is absent from its map. */
export type ParseValue =
  | null
  | string
  | number
  | boolean
  | Date
  | Pointer
  | GeoPoint
  | Polygon
  | FileReference
  | Bytes
  | readonly ParseValue[]
  | ParseRecord;

/** True for a free-form object: not null, not an array, not one of the value classes. */
export function isParseRecord(value: ParseValue): value is ParseRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Pointer) &&
    !(value instanceof GeoPoint) &&
    !(value instanceof Polygon) &&
    !(value instanceof FileReference) &&
    !(value instanceof Bytes)
  );
}
