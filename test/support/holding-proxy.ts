import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { BSON } from 'mongodb';

/** A command as a client sent it: its word is its first key. */
export type SentCommand = Readonly<Record<string, unknown>>;

/** A door to a store that can be shut before a command of the test's choice. */
export interface HoldingProxy {
  /** The store's address through this door, for one database; clients do not look for other doors. */
  uriOf(databaseName: string): string;
  /** Resolves with the first command that was held back. It never reaches the store, nor does anything after it. */
  readonly held: Promise<SentCommand>;
  close(): Promise<void>;
}

const OP_MSG = 2013;
const BODY_AT = 21;

/** Opens the door. From the first command for which `isHeld` is true, the connection that sent it passes nothing on. */
export async function startHoldingProxy(
  storeUri: string,
  isHeld: (command: SentCommand) => boolean,
): Promise<HoldingProxy> {
  const { hostname, port } = new URL(storeUri);
  const sockets = new Set<Socket>();
  let tellHeld: (command: SentCommand) => void = () => undefined;
  const held = new Promise<SentCommand>((resolve) => {
    tellHeld = resolve;
  });
  const server = createServer((client) => {
    const store = connect(Number(port), hostname);
    let waiting = Buffer.alloc(0);
    let isShut = false;
    for (const socket of [client, store]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('close', () => store.destroy());
    store.on('close', () => client.destroy());
    store.pipe(client);
    client.on('data', (chunk: Buffer) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (!isShut && waiting.length >= 4 && waiting.length >= waiting.readInt32LE(0)) {
        const length = waiting.readInt32LE(0);
        const message = waiting.subarray(0, length);
        waiting = waiting.subarray(length);
        const command = commandIn(message);
        isShut = command !== undefined && isHeld(command);
        if (isShut && command !== undefined) tellHeld(command);
        else store.write(message);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const own = (server.address() as AddressInfo).port;
  return {
    uriOf: (databaseName) => `mongodb://127.0.0.1:${own}/${databaseName}?directConnection=true`,
    held,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function commandIn(message: Buffer): SentCommand | undefined {
  if (message.readInt32LE(12) !== OP_MSG || message[BODY_AT - 1] !== 0) return undefined;
  const size = message.readInt32LE(BODY_AT);
  return BSON.deserialize(message.subarray(BODY_AT, BODY_AT + size));
}
