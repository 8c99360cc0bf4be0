import { GatewayError } from '../../parse/errors.ts';
import type { ConfigSource } from '../config-source.ts';
import type { StoredFilter } from './filter.ts';
import type { RowCommands } from './row-commands.ts';

const COLLECTION = '_GlobalConfig';

/** The one row: its `_id` is a number. */
const ROW: StoredFilter = { _id: 1 };

/** What would lead into a value instead of naming a parameter, or is no key at all. */
const NO_KEY = /^$|^\$|[.\0]/;

/** Reads and writes `_GlobalConfig` as Parse Server does. @see ConfigSource */
export function createConfigSource(commands: RowCommands): ConfigSource {
  return {
    async find(name) {
      const [row] = await commands.find(COLLECTION, ROW, { limit: 1 });
      const value = ownValue(row?.['params'], name);
      if (value === undefined) return undefined;
      const isMasterKeyOnly = ownValue(row?.['masterKeyOnly'], name);
      return {
        value,
        isMasterKeyOnly: typeof isMasterKeyOnly === 'boolean' ? isMasterKeyOnly : undefined,
      };
    },
    async set(name, { value, isMasterKeyOnly = false }) {
      if (NO_KEY.test(name)) {
        throw new GatewayError('InvalidKeyName', `Invalid key name: ${name}`);
      }
      const change = { [`params.${name}`]: value, [`masterKeyOnly.${name}`]: isMasterKeyOnly };
      await commands.bulkWrite(COLLECTION, [
        { updateOne: { filter: ROW, update: { $set: change }, upsert: true } },
      ]);
    },
  };
}

/** A name such as `constructor` must not find what every object has. */
function ownValue(values: unknown, name: string): unknown {
  if (typeof values !== 'object' || values === null || !Object.hasOwn(values, name)) {
    return undefined;
  }
  return (values as Readonly<Record<string, unknown>>)[name];
}
