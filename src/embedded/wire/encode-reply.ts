import type { Document } from '../engine/engine.ts';
import { encodeBson, type CursorPage, type Reply } from '../commands/reply.ts';
import { FLAGS, type MessageHeader, OP_CODES } from './message.ts';

const ZERO = Buffer.of(0);

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeInt32LE(value, 0);
  return bytes;
}

function element(type: number, name: string): Buffer {
  return Buffer.concat([Buffer.of(type), Buffer.from(name, 'utf8'), ZERO]);
}

const sizeOf = (parts: readonly Uint8Array[]) =>
  parts.reduce((bytes, part) => bytes + part.length, 0);

/** Wraps elements into a document: its length before, a zero after. */
function framed(parts: readonly Uint8Array[]): Uint8Array[] {
  return [int32(sizeOf(parts) + 5), ...parts, ZERO];
}

/** The elements of a document, without its length and its final zero. */
const inner = (document: Document) => encodeBson(document).subarray(4, -1);

function pageElement(page: CursorPage): Uint8Array[] {
  const items: Uint8Array[] = [];
  page.documents.forEach((document, index) => {
    items.push(element(0x03, String(index)), document);
  });
  return [
    element(0x03, 'cursor'),
    ...framed([
      element(0x04, page.field),
      ...framed(items),
      inner({ id: page.id, ns: page.namespace, ...page.extra }),
    ]),
  ];
}

function bodyOf(reply: Reply): Uint8Array[] {
  if (reply.page === undefined) return [encodeBson(reply.document)];
  return framed([...pageElement(reply.page), inner(reply.document)]);
}

/** The request a reply answers, and how. */
export interface ReplyEnvelope {
  readonly to: MessageHeader;
  /** Id of this reply; a streamed reply names its predecessor in `responseTo`. */
  readonly id: number;
  readonly responseTo: number;
  readonly moreToCome: boolean;
}

/** Bytes of one reply, in the form its request came in. */
export function encodeReply(reply: Reply, envelope: ReplyEnvelope): Buffer {
  const body = bodyOf(reply);
  const head = Buffer.alloc(envelope.to.form === 'query' ? 36 : 21);
  const bytes = head.length + sizeOf(body);
  head.writeInt32LE(bytes, 0);
  head.writeInt32LE(envelope.id, 4);
  head.writeInt32LE(envelope.responseTo, 8);
  if (envelope.to.form === 'query') {
    head.writeInt32LE(OP_CODES.reply, 12);
    const awaitCapable = 8;
    head.writeInt32LE(awaitCapable, 16);
    head.writeInt32LE(1, 32);
  } else {
    head.writeInt32LE(OP_CODES.message, 12);
    head.writeUInt32LE(envelope.moreToCome ? FLAGS.moreToCome : 0, 16);
  }
  return Buffer.concat([head, ...body], bytes);
}
