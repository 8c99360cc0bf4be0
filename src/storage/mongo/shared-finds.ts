import { BSON } from 'mongodb';
import type { StoredDocument } from './document.ts';
import type { RowCommands } from './row-commands.ts';

/** All that nested queries need. */
export type Finds = Pick<RowCommands, 'find'>;

/** The same finds, of which equal ones that are under way at the same time are 1 command: a page and its count ask alike. */
export function sharedFinds(commands: Finds): Finds {
  const underWay = new Map<string, Promise<StoredDocument[]>>();
  return {
    find(name, filter, shape) {
      const key = BSON.EJSON.stringify([name, filter, shape], { relaxed: false });
      const known = underWay.get(key);
      if (known !== undefined) return known;
      const found = commands.find(name, filter, shape).finally(() => underWay.delete(key));
      underWay.set(key, found);
      return found;
    },
  };
}
