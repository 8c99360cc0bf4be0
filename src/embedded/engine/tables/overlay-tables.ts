import type { KeyRange, KeyValuePair, KeyValueReader, KeyValueWriter, Table } from './key-value.ts';
import { TABLES } from './key-value.ts';

/** What was written over a table: bytes by key, `undefined` for removed, and the keys in order. */
interface Layer {
  readonly pairs: Map<string, { readonly key: Buffer; readonly value: Buffer | undefined }>;
  /** Keys as text of one character per byte, so that text order is byte order. */
  readonly order: string[];
}

/** A writer that keeps what is written in memory, over a reader that stays as it is. */
export function createOverlay(base: KeyValueReader): KeyValueWriter {
  const layers = new Map<Table, Layer>(
    TABLES.map((table) => [table, { pairs: new Map(), order: [] }]),
  );
  const layerOf = (table: Table): Layer => {
    const layer = layers.get(table);
    if (layer === undefined) throw new Error(`no table ${table}`);
    return layer;
  };
  const set = (table: Table, key: Buffer, value: Buffer | undefined): void => {
    const { pairs, order } = layerOf(table);
    const name = key.toString('latin1');
    if (!pairs.has(name)) order.splice(placeOf(order, name), 0, name);
    pairs.set(name, { key: Buffer.from(key), value });
  };
  return {
    get(table, key) {
      const written = layerOf(table).pairs.get(key.toString('latin1'));
      return written === undefined ? base.get(table, key) : written.value;
    },
    range: (table, range) => merged(base.range(table, range), layerOf(table), range),
    put: set,
    remove: (table, key) => {
      set(table, key, undefined);
    },
  };
}

/** The first place whose name is not before `name`. */
function placeOf(order: readonly string[], name: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((order[middle] ?? '') < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

function* merged(
  base: Iterable<KeyValuePair>,
  layer: Layer,
  range: KeyRange,
): Generator<KeyValuePair> {
  const sign = range.reverse === true ? -1 : 1;
  // What is written during the walk is not part of it.
  const written = layer.order
    .slice(
      placeOf(layer.order, range.start.toString('latin1')),
      placeOf(layer.order, range.end.toString('latin1')),
    )
    .flatMap((name) => layer.pairs.get(name) ?? []);
  if (sign < 0) written.reverse();
  let next = 0;
  for (const pair of base) {
    for (; next < written.length; next += 1) {
      const own = written[next];
      if (own === undefined || Buffer.compare(own.key, pair.key) * sign >= 0) break;
      if (own.value !== undefined) yield { key: own.key, value: own.value };
    }
    const same = written[next];
    if (same?.key.equals(pair.key) !== true) {
      yield pair;
      continue;
    }
    next += 1;
    if (same.value !== undefined) yield { key: same.key, value: same.value };
  }
  for (; next < written.length; next += 1) {
    const own = written[next];
    if (own?.value !== undefined) yield { key: own.key, value: own.value };
  }
}
