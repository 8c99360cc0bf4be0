import { parentPort, workerData } from 'node:worker_threads';

import { guardRegexes } from './query/regex.ts';
import { serveStore } from './serve-store.ts';
import type { FromWorker, StoreWorkerOptions, ToWorker } from './worker-messages.ts';

const owner = parentPort;
if (owner === null) throw new Error('worker.ts is started by create-store.ts, in a thread');

guardRegexes();

const say = (message: FromWorker): void => {
  owner.postMessage(message);
};

const store = await serveStore(workerData as StoreWorkerOptions, (line) => {
  say({ kind: 'log', line });
});

type Question<Kind extends ToWorker['kind']> = Extract<ToWorker, { kind: Kind }>;

const answer = {
  counters({ id, appName }: Question<'counters'>) {
    say({ kind: 'counters', id, counters: store.counters.read(appName) });
  },
  resetCounters({ id, appName }: Question<'resetCounters'>) {
    store.counters.reset(appName);
    say({ kind: 'done', id });
  },
  async close({ id }: Question<'close'>) {
    await store.close();
    say({ kind: 'done', id });
    owner.close();
  },
};

owner.on('message', (question: ToWorker) => {
  switch (question.kind) {
    case 'counters':
      answer.counters(question);
      break;
    case 'resetCounters':
      answer.resetCounters(question);
      break;
    case 'close':
      void answer.close(question);
      break;
  }
});

say({ kind: 'ready', port: store.port });
