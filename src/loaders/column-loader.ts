import DataLoader from 'dataloader';
import type { Selection } from '../query/find-request.ts';
import type { LevelScheduler } from './level-scheduler.ts';
import { covers, missingFrom, unionOf } from './selections.ts';

interface Key {
  readonly id: string;
  readonly select: Selection;
}

interface Entry<Value> {
  readonly select: Selection;
  readonly value: Promise<Value | undefined>;
}

export interface ColumnLoaderOptions<Value> {
  readonly scheduler: LevelScheduler;
  /** Reads all ids with the columns of `select`; an id without an answer is absent from the map. */
  readonly read: (ids: readonly string[], select: Selection) => Promise<ReadonlyMap<string, Value>>;
  /** Joins an earlier answer with one that holds its missing columns; without it, all columns are read again. */
  readonly merge?: (held: Value, added: Value) => Value;
}

/**
 * Batches loads by id whose wishes differ in columns: one read per level, for the distinct ids and the union of columns.
 *
 * An answer is kept for the request. A later load that needs more columns reads only what is missing.
 */
export class ColumnLoader<Value> {
  readonly #loader: DataLoader<Key, Value | undefined>;
  readonly #merge: ColumnLoaderOptions<Value>['merge'];
  readonly #entries = new Map<string, Entry<Value>>();

  constructor({ scheduler, read, merge }: ColumnLoaderOptions<Value>) {
    this.#merge = merge;
    this.#loader = new DataLoader<Key, Value | undefined>(
      async (keys) => {
        const ids = [...new Set(keys.map((key) => key.id))];
        const select = keys.map((key) => key.select).reduce(unionOf);
        const found = await scheduler.track(read(ids, select));
        return keys.map((key) => found.get(key.id));
      },
      // What is kept depends on columns, so it is kept here and not by key.
      {
        cache: false,
        batchScheduleFn: (dispatch) => {
          scheduler.schedule(dispatch);
        },
      },
    );
  }

  /** The value with at least the columns of `select`, or `undefined` when there is none. */
  load(id: string, select: Selection): Promise<Value | undefined> {
    const held = this.#entries.get(id);
    if (held !== undefined && covers(held.select, select)) return held.value;
    const value =
      held === undefined ? this.#loader.load({ id, select }) : this.#extend(id, held, select);
    this.#entries.set(id, {
      select: held === undefined ? select : unionOf(held.select, select),
      value,
    });
    return value;
  }

  /** From now on `load` answers with `value`, which has the columns of `select`. */
  keep(id: string, select: Selection, value: Value): void {
    this.#entries.set(id, { select, value: Promise.resolve(value) });
  }

  async #extend(id: string, held: Entry<Value>, select: Selection): Promise<Value | undefined> {
    const merge = this.#merge;
    if (merge === undefined) {
      return this.#loader.load({ id, select: unionOf(held.select, select) });
    }
    const [before, added] = await Promise.all([
      held.value,
      this.#loader.load({ id, select: missingFrom(held.select, select) }),
    ]);
    return before === undefined || added === undefined ? undefined : merge(before, added);
  }
}
