import type { Server } from 'node:http';
import { duplexPair, type Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';

/** How long starting waits for an answer, in ms; it takes a twentieth of it. */
const PATIENCE_MS = 1_000;

/** Asks for no object, and costs no database command. */
const BODY = JSON.stringify({ query: '{ __typename }' });

/**
 * Sends one request through a server that does not listen yet, and resolves with the whole answer: code that has never run costs
 * the first request of a process thirty milliseconds, in which nobody else is answered. Never fails; an empty answer is one that
 * did not come in time.
 */
export async function rehearseRequest(
  server: Server,
  { path, headers }: { readonly path: string; readonly headers: Readonly<Record<string, string>> },
): Promise<string> {
  const [client, host] = duplexPair();
  const fields = {
    host: 'localhost',
    connection: 'close',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(BODY)),
    ...headers,
  };
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  server.emit('connection', host);
  client.write(`POST ${path} HTTP/1.1\r\n${head.join('')}\r\n${BODY}`);
  const patience = new AbortController();
  const { signal } = patience;
  try {
    return await Promise.race([answerOf(client), delay(PATIENCE_MS, '', { signal, ref: false })]);
  } finally {
    patience.abort();
    client.destroy();
    host.destroy();
  }
}

const answerOf = (client: Readable): Promise<string> => text(client).catch(() => '');
