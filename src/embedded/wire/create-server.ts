import { createServer as createSocketServer, type Socket } from 'node:net';

import type { StoreState } from '../commands/state/store-state.ts';
import { serveConnection } from './serve-connection.ts';

/** A store that listens. */
export interface WireServer {
  readonly port: number;
  /** Refuses new connections and ends the present ones. */
  close(): Promise<void>;
}

/**
 * Listens for MongoDB's wire protocol on a loopback port; 0 takes a free one.
 *
 * @throws the system's error when the port cannot be had.
 */
export async function createServer(
  state: StoreState,
  listen: { readonly host: string; readonly port: number },
): Promise<WireServer> {
  const sockets = new Set<Socket>();
  let lastId = 0;
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    lastId += 1;
    serveConnection(state, socket, lastId);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen.port, listen.host, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : listen.port;
  state.address = { ...state.address, host: listen.host, port };
  state.connections = { current: () => sockets.size, total: () => lastId };
  return {
    port,
    async close() {
      const stopped = new Promise<void>((resolve) => {
        server.close(() => {
          resolve();
        });
      });
      for (const socket of sockets) socket.destroy();
      await stopped;
    },
  };
}
