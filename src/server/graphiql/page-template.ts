import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';

/** GraphiQL's page as the bytes before and after its options. */
export interface PageTemplate {
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/** As browsers show it. */
export const PAGE_TITLE = 'GraphiQL, parse-graphql-gateway';
const MARK = '__GATEWAY_GRAPHIQL_OPTIONS__';

/** Runs in a thread: nine megabytes of script are read and put together. */
const SCRIPT = `
  const { parentPort, workerData } = require('node:worker_threads');
  const { renderGraphiQL } = require(workerData.module);
  const options = { title: workerData.title, endpoint: workerData.mark };
  const parts = renderGraphiQL(options).split(JSON.stringify(options));
  if (parts.length !== 2) throw new Error('the page of GraphiQL has no single place for its options');
  parentPort.postMessage(parts.map((part) => new TextEncoder().encode(part)));
`;

/** Makes the template in a thread of its own, as here it would stall requests for a tenth of a second. Loaded when first asked for. */
export async function loadPageTemplate(): Promise<PageTemplate> {
  const module = createRequire(import.meta.url).resolve('@graphql-yoga/render-graphiql');
  const workerData = { module, title: PAGE_TITLE, mark: MARK };
  const worker = new Worker(SCRIPT, { eval: true, workerData, execArgv: [] });
  try {
    const [before, after] = await new Promise<readonly [Uint8Array, Uint8Array]>(
      (resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', () => {
          reject(new Error('the page of GraphiQL was not made'));
        });
      },
    );
    return { before, after };
  } finally {
    await worker.terminate();
  }
}
