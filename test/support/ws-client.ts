import { once } from 'node:events';
import { WebSocket } from 'ws';

/** One message of the protocol `graphql-transport-ws`. */
export interface WsMessage {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A client that speaks the protocol by hand, so that tests can also break it. */
export interface WsClient {
  send(message: WsMessage | string): void;
  /** The next message that is not a ping or pong. @throws Error when the socket closes before it. */
  next(): Promise<WsMessage>;
  /** The code the server closed with. */
  readonly closed: Promise<number>;
  close(): Promise<void>;
}

/** Opens a socket and, unless told otherwise, begins the protocol with these connection parameters. */
export async function openWsClient(
  url: string,
  parameters?: Readonly<Record<string, unknown>>,
): Promise<WsClient> {
  const socket = new WebSocket(url, 'graphql-transport-ws');
  const arrived: WsMessage[] = [];
  let wake: () => void = () => undefined;
  let isClosed = false;
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString('utf8')) as WsMessage;
    if (message.type === 'ping' || message.type === 'pong') return;
    arrived.push(message);
    wake();
  });
  const closed = new Promise<number>((resolve) => {
    socket.once('close', (code) => {
      isClosed = true;
      wake();
      resolve(code);
    });
  });
  await once(socket, 'open');
  const client: WsClient = {
    send(message) {
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    },
    async next() {
      for (;;) {
        const message = arrived.shift();
        if (message !== undefined) return message;
        if (isClosed) throw new Error('the socket closed before the next message');
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    closed,
    async close() {
      socket.close();
      await closed;
    },
  };
  if (parameters !== undefined) {
    client.send({ type: 'connection_init', payload: parameters });
  }
  return client;
}
