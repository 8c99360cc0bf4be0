import { pino, type Logger } from 'pino';
import type { LOG_LEVELS } from './setting-table.ts';
import type { Settings } from './settings.ts';

export type Log = Logger;

/** Parse Server's words for levels, in pino's. */
const LEVELS: Readonly<Record<(typeof LOG_LEVELS)[number], string>> = {
  error: 'error',
  warn: 'warn',
  info: 'info',
  verbose: 'debug',
  debug: 'debug',
  silly: 'trace',
};

/** One JSON line for each event, on standard error, so that standard output stays the command's own. */
export function createLog({ logLevel, silent }: Pick<Settings, 'logLevel' | 'silent'>): Log {
  const level = silent ? 'silent' : LEVELS[logLevel];
  return pino(
    { name: 'parse-graphql-gateway', level, base: {} },
    pino.destination({ fd: 2, sync: true }),
  );
}
