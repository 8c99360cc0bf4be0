import { StoreError, type StoreErrorName } from '../errors.ts';
import type { Command, CommandFamily } from './command.ts';

function refused(name: StoreErrorName, message: string): Command {
  return {
    kind: 'upkeep',
    fields: [],
    anyFields: true,
    run() {
      throw new StoreError(name, message);
    },
  };
}

const noAuthentication = refused(
  'CommandNotSupported',
  'this store has no users and no authentication: it listens on a loopback address only; connect without credentials',
);

const noUsers = refused('CommandNotSupported', 'this store has no users and no roles');

/** Commands whose refusal deserves a reason of its own. */
export const refusedCommands: CommandFamily = {
  saslStart: noAuthentication,
  saslContinue: noAuthentication,
  authenticate: noAuthentication,
  logout: noAuthentication,
  getnonce: noAuthentication,
  createUser: noUsers,
  updateUser: noUsers,
  dropUser: noUsers,
  usersInfo: noUsers,
  createRole: noUsers,
  mapReduce: refused(
    'CommandNotSupported',
    'mapReduce is not supported: this store runs no JavaScript',
  ),
  bulkWrite: refused(
    'CommandNotFound',
    "no such command: 'bulkWrite' (writes to several collections in one command came with MongoDB 8.0)",
  ),
  shutdown: refused('CommandNotSupported', 'this store is stopped by the process that started it'),
  enableSharding: refused('CommandNotSupported', 'sharding is not supported'),
  shardCollection: refused('CommandNotSupported', 'sharding is not supported'),
};
