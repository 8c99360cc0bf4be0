import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import { WebSocketServer, type WebSocket } from 'ws';
import { REQUEST_LIMITS } from './limits/request-limits.ts';
import type { Log } from './log.ts';
import { createMessageSender } from './message-sender.ts';
import type { Connection, WebsocketHooks } from './websocket-operations.ts';

const GOING_AWAY = 1001;
/** A peer that leaves a ping unanswered for so long is gone. */
const PING_MS = 12_000;
/** How long a peer may take to answer that the server goes away. */
const CLOSE_MS = 1_000;

export interface WebsocketsOptions {
  readonly server: Server;
  readonly path: string;
  readonly hooks: WebsocketHooks;
  readonly mayConnectFrom: (origin: string | undefined) => boolean;
  readonly log: Log;
}

/** The sockets of one HTTP server. */
export interface Websockets {
  readonly connectionCount: number;
  /** Ends all connections with 1001, and with them their operations. */
  close(): Promise<void>;
}

/** Takes WebSockets on the API's own path; every other upgrade is refused with 404, a foreign page with 403. */
export function createWebsockets(options: WebsocketsOptions): Websockets {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: REQUEST_LIMITS.bodyBytes,
    perMessageDeflate: false,
    handleProtocols,
  });
  const protocol = makeServer(options.hooks);

  options.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = (request.url ?? '').split('?')[0];
    if (path !== options.path) refuse(socket, '404 Not Found');
    else if (!options.mayConnectFrom(request.headers.origin)) refuse(socket, '403 Forbidden');
    else {
      sockets.handleUpgrade(request, socket, head, (opened) => {
        serve(opened, request);
      });
    }
  });

  function serve(socket: WebSocket, request: IncomingMessage): void {
    const sender = createMessageSender(socket);
    const connection: Connection = {
      request,
      principal: undefined,
      sendInParts: (parts) => sender.sendInParts(parts),
      close: (code, reason) => {
        socket.close(code, reason);
      },
    };
    const stopPings = keepAlive(socket);
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => sender.send(text),
        close: connection.close,
        onMessage(take) {
          socket.on('message', (data: Buffer) => {
            void take(data.toString('utf8')).catch((error: unknown) => {
              options.log.error({ err: error }, 'a WebSocket message could not be handled');
              socket.close(CloseCode.InternalServerError, 'Internal server error.');
            });
          });
        },
      },
      connection,
    );
    // A peer that breaks the protocol, or sends too much at once; ws closes the socket by itself.
    socket.on('error', (error) => {
      options.log.debug({ err: error }, 'WebSocket error');
    });
    socket.once('close', (code, reason) => {
      stopPings();
      void closed(code, reason.toString('utf8'));
    });
  }

  return {
    get connectionCount() {
      return sockets.clients.size;
    },
    async close() {
      const open = [...sockets.clients];
      const ended = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
      for (const socket of open) socket.close(GOING_AWAY, 'Going away');
      const impatience = setTimeout(() => {
        for (const socket of open) socket.terminate();
      }, CLOSE_MS);
      await Promise.all(ended);
      clearTimeout(impatience);
      sockets.close();
    },
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function keepAlive(socket: WebSocket): () => void {
  let isAnswered = true;
  const timer = setInterval(() => {
    if (!isAnswered) socket.terminate();
    isAnswered = false;
    socket.ping();
  }, PING_MS);
  timer.unref();
  socket.on('pong', () => {
    isAnswered = true;
  });
  return () => {
    clearInterval(timer);
  };
}
