import { ObjectId } from 'bson';

import type { Engine } from '../../engine/engine.ts';
import { createCounters, type CounterRegistry } from './counters.ts';
import { createCursors, type CursorRegistry } from './cursors.ts';
import { createFailPoints, type FailPoints } from './fail-points.ts';
import { createParameters, type Parameters } from './parameters.ts';
import { createSessions, restoreFrom, type SessionRegistry } from './sessions.ts';

/** One line for whoever runs the store. */
export interface LogLine {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
}

/** Where the store listens, as `hello` tells it. */
export interface StoreAddress {
  readonly host: string;
  readonly port: number;
  /** Absent for a standalone server: one that is no replica set. */
  readonly setName?: string;
}

/** Everything that commands share while the store runs. */
export interface StoreState {
  readonly engine: Engine;
  readonly counters: CounterRegistry;
  readonly cursors: CursorRegistry;
  readonly sessions: SessionRegistry;
  readonly failPoints: FailPoints;
  readonly parameters: Parameters;
  /** Identifies this run of the store in `topologyVersion`. */
  readonly processId: ObjectId;
  readonly startedAt: Date;
  /** Known once the store listens. */
  address: StoreAddress;
  connections: { readonly current: () => number; readonly total: () => number };
  readonly log: (line: LogLine) => void;
}

const SET_NAME = 'embedded';

/** How a store that has just started presents itself. */
export interface StoreStateOptions {
  readonly log: (line: LogLine) => void;
  readonly standalone: boolean;
}

/** The state of a store that has just started and does not listen yet. */
export function createStoreState(
  engine: Engine,
  { log, standalone }: StoreStateOptions,
): StoreState {
  return {
    engine,
    counters: createCounters(),
    cursors: createCursors(),
    sessions: createSessions(restoreFrom(engine)),
    failPoints: createFailPoints(),
    parameters: createParameters(),
    processId: new ObjectId(),
    startedAt: new Date(),
    address: { host: '127.0.0.1', port: 0, ...(standalone ? {} : { setName: SET_NAME }) },
    connections: { current: () => 0, total: () => 0 },
    log,
  };
}
