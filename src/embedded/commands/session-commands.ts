import { randomUUID } from 'node:crypto';

import { UUID } from 'bson';

import { StoreError } from '../errors.ts';
import { type Command, type CommandFamily, type CommandRequest, answer } from './command.ts';
import { sessionKeyOf } from './open-session.ts';
import type { StoreState } from './state/store-state.ts';

function sessionKeys(request: CommandRequest): string[] {
  if (!Array.isArray(request.target)) {
    throw new StoreError('TypeMismatch', `${request.name} must be an array of session ids`);
  }
  return request.target.map(sessionKeyOf);
}

function endSession(state: StoreState, key: string): void {
  state.cursors.killWhere((cursor) => cursor.sessionKey === key);
  state.sessions.end(key);
}

const endsNamed: Command = {
  kind: 'upkeep',
  fields: [],
  stable: true,
  run(request, state) {
    for (const key of sessionKeys(request)) endSession(state, key);
    return answer();
  },
};

const endsNamedOrAll: Command = {
  kind: 'upkeep',
  fields: [],
  run(request, state) {
    const keys = sessionKeys(request);
    const all = [...state.sessions.all()].map(({ key }) => key);
    for (const key of keys.length === 0 ? all : keys) endSession(state, key);
    return answer();
  },
};

/** Without users every session is everybody's, so the patterns of killAllSessions all mean "all". */
const endsAll: Command = {
  kind: 'upkeep',
  fields: [],
  run(_request, state) {
    for (const { key } of [...state.sessions.all()]) endSession(state, key);
    return answer();
  },
};

const startSession: Command = {
  kind: 'upkeep',
  fields: [],
  run() {
    return answer({ id: { id: new UUID(randomUUID()).toBinary() }, timeoutMinutes: 30 });
  },
};

const refreshSessions: Command = {
  kind: 'upkeep',
  fields: [],
  stable: true,
  run(request, state) {
    for (const key of sessionKeys(request)) {
      const session = state.sessions.find(key);
      if (session !== undefined) session.lastUse = performance.now();
    }
    return answer();
  },
};

/**
 * Upkeep of logical sessions.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/nav-sessions/
 */
export const sessionCommands: CommandFamily = {
  startSession,
  refreshSessions,
  endSessions: endsNamed,
  killSessions: endsNamedOrAll,
  killAllSessions: endsAll,
  killAllSessionsByPattern: endsAll,
};
