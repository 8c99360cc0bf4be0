import { Worker } from 'node:worker_threads';

import type { CommandCounters } from './commands/state/counters.ts';
import type { LogLine } from './commands/state/store-state.ts';
import type { FromWorker, StoreWorkerOptions, ToWorker } from './worker-messages.ts';

export type { CommandCounters } from './commands/state/counters.ts';
export type { LogLine } from './commands/state/store-state.ts';

/** Where a store keeps its data and listens. */
export interface StoreOptions {
  /** Made when it is missing. One store at a time may use it. */
  readonly dataDirectory: string;
  /** 0 or none takes a free port. */
  readonly port?: number;
  readonly host?: '127.0.0.1';
  /**
   * Answers as a server that is no replica set: change streams, transactions and retryable writes are refused with
   * MongoDB's codes. False by default. The data are the same either way.
   */
  readonly standalone?: boolean;
  readonly onLog?: (line: LogLine) => void;
  /** Called once when the store's thread ends without having been closed. */
  readonly onCrash?: (error: Error) => void;
}

/** A running store. */
export interface Store {
  /** For the driver: a replica set of one, so that transactions and change streams work, unless it is standalone. */
  readonly uri: string;
  readonly port: number;
  /** What one client (by the `appName` of its URI) or all clients had the store do since its start or the last reset. */
  counters(appName?: string): Promise<CommandCounters>;
  resetCounters(appName?: string): Promise<void>;
  /** Ends connections, flushes and frees the data. May be called more than once. */
  close(): Promise<void>;
}

/**
 * Starts the worker's file as it is here: JavaScript in a build, TypeScript in a clone.
 *
 * A thread does not inherit the module hooks of `tsx`, and `--import tsx` does nothing in one, so a line of
 * JavaScript registers them before the TypeScript is loaded.
 */
function startWorker(options: StoreWorkerOptions): Worker {
  const settings = { workerData: options, execArgv: [], name: 'embedded-store' };
  if (!import.meta.url.endsWith('.ts')) {
    return new Worker(new URL('./worker.js', import.meta.url), settings);
  }
  const file = JSON.stringify(new URL('./worker.ts', import.meta.url).href);
  const script = `import { register } from 'node:module';
    register('tsx/esm', ${file}, { data: {} });
    await import(${file});`;
  return new Worker(new URL(`data:text/javascript,${encodeURIComponent(script)}`), settings);
}

interface Waiting {
  readonly resolve: (message: FromWorker) => void;
  readonly reject: (error: Error) => void;
}

type WithoutId<Each> = Each extends ToWorker ? Omit<Each, 'id'> : never;

/** What is asked; the id is added when it is sent. */
type Question = WithoutId<ToWorker>;

/** Questions to the worker and their answers, by number. */
function createDialogue(worker: Worker) {
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let ended: Error | undefined;
  return {
    answer(message: FromWorker) {
      if (!('id' in message)) return;
      waiting.get(message.id)?.resolve(message);
      waiting.delete(message.id);
    },
    end(error: Error) {
      ended = error;
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
    async ask(question: Question) {
      if (ended !== undefined) throw ended;
      lastId += 1;
      const id = lastId;
      return new Promise<FromWorker>((resolve, reject) => {
        waiting.set(id, { resolve, reject });
        worker.postMessage({ ...question, id });
      });
    },
  };
}

async function started(worker: Worker, onLog: (line: LogLine) => void): Promise<number> {
  return new Promise<number>((resolve, reject) => {
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'ready') resolve(message.port);
      if (message.kind === 'log') onLog(message.line);
    });
    worker.once('error', reject);
    worker.once('exit', (code) => {
      reject(new Error(`the embedded store's thread ended with code ${code} before it listened`));
    });
  });
}

/**
 * Starts a store in a thread of its own and resolves once it listens.
 *
 * Rejects when the data cannot be opened or the port cannot be had.
 */
export async function createStore(options: StoreOptions): Promise<Store> {
  const host = options.host ?? '127.0.0.1';
  const standalone = options.standalone ?? false;
  const worker = startWorker({
    dataDirectory: options.dataDirectory,
    port: options.port ?? 0,
    host,
    standalone,
  });
  const dialogue = createDialogue(worker);
  let isClosing = false;
  let crash: Error | undefined;
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      const error = crash ?? new Error(`the embedded store's thread ended with code ${code}`);
      dialogue.end(isClosing ? new Error('the embedded store is closed') : error);
      resolve();
    });
  });
  worker.on('message', (message: FromWorker) => {
    dialogue.answer(message);
  });
  const port = await started(worker, options.onLog ?? (() => undefined));
  worker.on('error', (error: Error) => {
    crash = error;
  });
  worker.once('exit', (code) => {
    if (isClosing) return;
    options.onCrash?.(crash ?? new Error(`the embedded store's thread ended with code ${code}`));
  });

  return {
    uri: `mongodb://${host}:${port}/${standalone ? '' : '?replicaSet=embedded'}`,
    port,
    async counters(appName) {
      const reply = await dialogue.ask({ kind: 'counters', appName });
      if (reply.kind !== 'counters') throw new Error('the embedded store answered something else');
      return reply.counters;
    },
    async resetCounters(appName) {
      await dialogue.ask({ kind: 'resetCounters', appName });
    },
    async close() {
      if (!isClosing) {
        isClosing = true;
        await dialogue.ask({ kind: 'close' }).catch(() => undefined);
      }
      await ended;
    },
  };
}
