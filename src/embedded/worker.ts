import { parentPort, workerData } from 'node:worker_threads';

import { serveStore } from './serve-store.ts';
import type { FromWorker, StoreWorkerOptions, ToWorker } from './worker-messages.ts';

const owner = parentPort;
if (owner === null) throw new Error('worker.ts is started by create-store.ts, in a thread');

const say = (message: FromWorker): void => {
  owner.postMessage(message);
};

const store = await serveStore(workerData as StoreWorkerOptions, (line) => {
  say({ kind: 'log', line });
});

const answer: {
  readonly [Kind in ToWorker['kind']]: (
    question: Extract<ToWorker, { kind: Kind }>,
  ) => void | Promise<void>;
} = {
  counters({ id, appName }) {
    say({ kind: 'counters', id, counters: store.counters.read(appName) });
  },
  resetCounters({ id, appName }) {
    store.counters.reset(appName);
    say({ kind: 'done', id });
  },
  async close({ id }) {
    await store.close();
    say({ kind: 'done', id });
    owner.close();
  },
};

owner.on('message', (question: ToWorker) => {
  switch (question.kind) {
    case 'counters':
      return answer.counters(question);
    case 'resetCounters':
      return answer.resetCounters(question);
    case 'close':
      return answer.close(question);
  }
});

say({ kind: 'ready', port: store.port });
