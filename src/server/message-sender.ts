import { CloseCode } from 'graphql-ws';
import type { WebSocket } from 'ws';

/** Sends the messages of one socket, one after the other; once it is closed they go nowhere. */
export interface MessageSender {
  /** Resolves when the message has left. */
  send(text: string): Promise<void>;
  /** Sends one message as it is made; others wait until it is complete. Breaks the socket off when making it fails. */
  sendInParts(parts: AsyncIterable<Uint8Array>): Promise<void>;
}

/** Messages in parts are fragmented; what stands between the fragments must be nothing but pings and the like. */
export function createMessageSender(socket: WebSocket): MessageSender {
  /** Settles, never fails, when the message that is being sent in parts is complete. */
  let inParts: Promise<void> | undefined;

  function sendFrame(data: string | Uint8Array, isLast: boolean): Promise<void> {
    if (socket.readyState !== socket.OPEN) return Promise.resolve();
    return new Promise((resolve, reject) => {
      socket.send(data, { binary: false, fin: isLast }, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
  }

  async function sendFrames(parts: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const part of parts) {
        if (socket.readyState !== socket.OPEN) return;
        await sendFrame(part, false);
      }
      await sendFrame('', true);
    } catch (error) {
      socket.close(CloseCode.InternalServerError, 'Internal server error.');
      throw error;
    }
  }

  function send(text: string): Promise<void> {
    return inParts?.then(() => send(text)) ?? sendFrame(text, true);
  }

  function sendInParts(parts: AsyncIterable<Uint8Array>): Promise<void> {
    if (inParts !== undefined) return inParts.then(() => sendInParts(parts));
    const sent = sendFrames(parts).finally(() => {
      inParts = undefined;
    });
    inParts = sent.catch(() => undefined);
    return sent;
  }

  return { send, sendInParts };
}
