import { StoreError } from '../errors.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './command-table.ts';

/** Spellings of old clients. */
const ALIASES: Readonly<Record<string, string>> = {
  ismaster: 'isMaster',
  buildinfo: 'buildInfo',
  findandmodify: 'findAndModify',
  collstats: 'collStats',
  dbstats: 'dbStats',
  hostinfo: 'hostInfo',
  whatsMyUri: 'whatsmyuri',
  deleteIndexes: 'dropIndexes',
};

/** The command that a client's first field names. @throws StoreError 59 when there is none. */
export function findCommand(spelling: string): { name: string; command: Command } {
  const name = Object.hasOwn(ALIASES, spelling) ? (ALIASES[spelling] ?? spelling) : spelling;
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (command !== undefined) return { name, command };
  throw new StoreError('CommandNotFound', `no such command: '${spelling}'`);
}
