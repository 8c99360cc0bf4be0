import type { Socket } from 'node:net';

import { runCommand } from '../commands/run-command.ts';
import type { Client } from '../commands/state/client.ts';
import type { StoreState } from '../commands/state/store-state.ts';
import { encodeReply } from './encode-reply.ts';
import { createFrameReader, type FrameReader } from './frame-reader.ts';
import { parseMessage, type RequestMessage } from './message.ts';

/** Bytes a client may send ahead of its answers before the socket is no longer read. */
const READ_AHEAD_BYTES = 1024 * 1024;

let lastReplyId = 0;

function nextReplyId(): number {
  lastReplyId = (lastReplyId + 1) & 0x7fffffff;
  return lastReplyId;
}

/** Resolves when the socket takes more bytes, or is gone. */
async function writeFully(socket: Socket, bytes: Buffer): Promise<void> {
  if (socket.destroyed || socket.write(bytes)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}

/** Runs one request and writes its reply, or its stream of replies. */
async function answerMessage(
  state: StoreState,
  client: Client,
  socket: Socket,
  message: RequestMessage,
): Promise<void> {
  const { header } = message;
  let responseTo = header.requestId;
  let streams = true;
  while (streams && !client.closed.aborted) {
    const outcome = await runCommand(state, client, {
      decode: message.decode,
      exhaustAllowed: header.exhaustAllowed,
    });
    if (outcome.closeConnection) {
      socket.destroy();
      return;
    }
    streams = outcome.reply.again === true;
    if (header.moreToCome) {
      outcome.count(0);
      return;
    }
    const id = nextReplyId();
    const bytes = encodeReply(outcome.reply, { to: header, id, responseTo, moreToCome: streams });
    outcome.count(bytes.length);
    responseTo = id;
    await writeFully(socket, bytes);
  }
}

/**
 * Serves one connection until it closes: one request after the other, in the order they came.
 *
 * Bytes that are not the protocol close this socket only.
 */
export function serveConnection(state: StoreState, socket: Socket, id: number): void {
  const closed = new AbortController();
  const client: Client = {
    id,
    remoteAddress: `${socket.remoteAddress ?? '?'}:${socket.remotePort ?? 0}`,
    appName: '',
    closed: closed.signal,
  };
  const frames: FrameReader = createFrameReader();
  let isBusy = false;

  const giveUp = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    state.log({ level: 'warn', message: `closed connection ${id}: ${reason}` });
    socket.destroy();
  };

  const drain = async (): Promise<void> => {
    if (isBusy) return;
    isBusy = true;
    try {
      for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
        await answerMessage(state, client, socket, parseMessage(frame));
        if (closed.signal.aborted) return;
      }
    } catch (error) {
      giveUp(error);
    } finally {
      isBusy = false;
      socket.resume();
    }
  };

  socket.setNoDelay(true);
  socket.on('data', (chunk) => {
    frames.push(typeof chunk === 'string' ? Buffer.from(chunk, 'binary') : chunk);
    if (isBusy && frames.bufferedBytes > READ_AHEAD_BYTES) socket.pause();
    void drain();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed.abort();
  });
}
