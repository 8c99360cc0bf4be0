import { deserialize, serialize } from 'bson';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

type Document = Record<string, unknown>;

/** One reply as it came. */
export interface RawReply {
  readonly responseTo: number;
  readonly opCode: number;
  readonly moreToCome: boolean;
  readonly document: Document;
  /** The document's BSON. */
  readonly bytes: Uint8Array;
}

/** A socket that speaks bytes, for what a driver would never send. */
export interface RawConnection {
  readonly socket: Socket;
  send(bytes: Uint8Array): void;
  /** The next reply. @throws Error when the store closes the socket instead. */
  reply(): Promise<RawReply>;
  /** Resolves when the store has closed the socket. */
  closed(): Promise<void>;
  close(): void;
}

/** Frames a message: its length, ids, operation code and body. */
export function frame(requestId: number, opCode: number, body: Uint8Array): Buffer {
  const header = Buffer.alloc(16);
  header.writeInt32LE(16 + body.length, 0);
  header.writeInt32LE(requestId, 4);
  header.writeInt32LE(opCode, 12);
  return Buffer.concat([header, body]);
}

/** An OP_MSG with one body section. */
export function opMsg(requestId: number, command: Document, flags = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32LE(flags >>> 0, 0);
  return frame(requestId, 2013, Buffer.concat([head, serialize(command)]));
}

/** A document sequence of OP_MSG (section kind 1). */
export function sequence(name: string, documents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat([Buffer.from(`${name}\0`), ...documents]);
  const head = Buffer.alloc(5);
  head[0] = 1;
  head.writeInt32LE(content.length + 4, 1);
  return Buffer.concat([head, content]);
}

function parseReply(message: Buffer): RawReply {
  const opCode = message.readInt32LE(12);
  const start = opCode === 1 ? 36 : 21;
  return {
    responseTo: message.readInt32LE(8),
    opCode,
    moreToCome: opCode === 2013 && (message.readUInt32LE(16) & 2) !== 0,
    document: deserialize(message.subarray(start)),
    bytes: message.subarray(start),
  };
}

/** Connects to a store by its URI. */
export async function connectRaw(uri: string): Promise<RawConnection> {
  const { hostname, port } = new URL(uri);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let buffered = Buffer.alloc(0);
  const replies: RawReply[] = [];
  const waiting: (() => void)[] = [];
  let isClosed = false;
  const wake = (): void => {
    for (const each of waiting.splice(0)) each();
  };
  socket.on('error', () => undefined);
  socket.on('close', () => {
    isClosed = true;
    wake();
  });
  socket.on('data', (chunk: Buffer) => {
    buffered = Buffer.concat([buffered, chunk]);
    while (buffered.length >= 4 && buffered.length >= buffered.readInt32LE(0)) {
      const length = buffered.readInt32LE(0);
      replies.push(parseReply(buffered.subarray(0, length)));
      buffered = buffered.subarray(length);
    }
    wake();
  });
  const changed = async () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
    });
  return {
    socket,
    send(bytes) {
      socket.write(bytes);
    },
    async reply() {
      for (;;) {
        const next = replies.shift();
        if (next !== undefined) return next;
        if (isClosed) throw new Error('the store closed the connection');
        await changed();
      }
    },
    async closed() {
      while (!isClosed) await changed();
    },
    close() {
      socket.destroy();
    },
  };
}
