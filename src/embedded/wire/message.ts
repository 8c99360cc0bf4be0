import { rememberBytes } from '../commands/document-bytes.ts';
import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { decodeBson } from './bson-bytes.ts';
import { crc32c } from './crc32c.ts';
import { LIMITS } from '../limits.ts';
import { ProtocolError } from './protocol-error.ts';

const HEADER_BYTES = 16;

/** Operation codes of the wire protocol that this store knows. */
export const OP_CODES = { reply: 1, query: 2004, message: 2013 } as const;

/** Flag bits of OP_MSG. */
export const FLAGS = { checksumPresent: 1, moreToCome: 2, exhaustAllowed: 1 << 16 } as const;

const REQUIRED_FLAG_BITS = 0xffff;

/** What every message says of itself, readable even when its body is not. */
export interface MessageHeader {
  readonly requestId: number;
  /** `query` is the legacy form in which drivers send their first hello. */
  readonly form: 'message' | 'query';
  /** The client wants no reply. */
  readonly moreToCome: boolean;
  /** The client will read further replies to this one request. */
  readonly exhaustAllowed: boolean;
}

/** One request as it came: its header, and its body decoded on demand. */
export interface RequestMessage {
  readonly header: MessageHeader;
  readonly bytes: number;
  /**
   * The command, with document sequences as arrays and `$db` always present.
   * @throws StoreError when the body is not one valid command document.
   */
  readonly decode: () => Document;
}

const failedToParse = (message: string) => new StoreError('FailedToParse', message);

function documentAt(message: Buffer, at: number, end: number): Buffer {
  if (at + 5 > end) throw failedToParse('a document is cut off');
  const length = message.readInt32LE(at);
  if (length < 5 || at + length > end) throw failedToParse('a document is cut off');
  return message.subarray(at, at + length);
}

function assertSize(bytes: Buffer, limit: number): void {
  if (bytes.length <= limit) return;
  throw new StoreError(
    'BSONObjectTooLarge',
    `BSONObj size: ${bytes.length} is invalid. Size must be between 0 and ${limit}`,
  );
}

interface Sequence {
  readonly name: string;
  readonly documents: Document[];
  readonly end: number;
}

function sequenceAt(message: Buffer, start: number, limit: number): Sequence {
  if (start + 4 > limit) throw failedToParse('a document sequence is cut off');
  const end = start + message.readInt32LE(start);
  const nameEnd = message.indexOf(0, start + 4);
  if (end > limit || nameEnd < 0 || nameEnd >= end) {
    throw failedToParse('a document sequence is cut off');
  }
  const name = message.toString('utf8', start + 4, nameEnd);
  const documents: Document[] = [];
  let at = nameEnd + 1;
  while (at < end) {
    const bytes = documentAt(message, at, end);
    assertSize(bytes, LIMITS.commandBytes);
    const document = decodeBson(bytes);
    rememberBytes(document, bytes);
    documents.push(document);
    at += bytes.length;
  }
  return { name, documents, end };
}

function decodeSections(message: Buffer, start: number, end: number): Document {
  let body: Document | undefined;
  const sequences: Sequence[] = [];
  let at = start;
  while (at < end) {
    const kind = message[at];
    if (kind === 0) {
      if (body !== undefined) throw failedToParse('OP_MSG has more than one body');
      const bytes = documentAt(message, at + 1, end);
      assertSize(bytes, LIMITS.commandBytes);
      body = decodeBson(bytes);
      at += 1 + bytes.length;
    } else if (kind === 1) {
      const sequence = sequenceAt(message, at + 1, end);
      sequences.push(sequence);
      at = sequence.end;
    } else {
      throw failedToParse(`OP_MSG has a section of the unknown kind ${kind ?? 'none'}`);
    }
  }
  if (body === undefined) throw failedToParse('OP_MSG has no body');
  for (const { name, documents } of sequences) {
    if (Object.hasOwn(body, name)) throw failedToParse(`duplicate field '${name}' in OP_MSG`);
    body[name] = documents;
  }
  return body;
}

function parseOpMessage(message: Buffer, requestId: number): RequestMessage {
  if (message.length < HEADER_BYTES + 4) throw new ProtocolError('OP_MSG is cut off');
  const flags = message.readUInt32LE(HEADER_BYTES);
  const known = FLAGS.checksumPresent | FLAGS.moreToCome;
  if ((flags & REQUIRED_FLAG_BITS & ~known) !== 0) {
    throw new ProtocolError('OP_MSG has unknown flags');
  }
  let end = message.length;
  if ((flags & FLAGS.checksumPresent) !== 0) {
    end -= 4;
    if (end < HEADER_BYTES + 4 || crc32c(message.subarray(0, end)) !== message.readUInt32LE(end)) {
      throw new ProtocolError('the checksum of OP_MSG does not match');
    }
  }
  return {
    header: {
      requestId,
      form: 'message',
      moreToCome: (flags & FLAGS.moreToCome) !== 0,
      exhaustAllowed: (flags & FLAGS.exhaustAllowed) !== 0,
    },
    bytes: message.length,
    decode: () => decodeSections(message, HEADER_BYTES + 4, end),
  };
}

function decodeLegacyQuery(message: Buffer): Document {
  const namespaceStart = HEADER_BYTES + 4;
  const namespaceEnd = message.indexOf(0, namespaceStart);
  if (namespaceEnd < 0) throw failedToParse('OP_QUERY is cut off');
  const namespace = message.toString('utf8', namespaceStart, namespaceEnd);
  if (!namespace.endsWith('.$cmd')) {
    throw new StoreError('UnsupportedOpQueryCommand', 'OP_QUERY is only accepted for hello');
  }
  const bytes = documentAt(message, namespaceEnd + 1 + 8, message.length);
  assertSize(bytes, LIMITS.commandBytes);
  const body = decodeBson(bytes);
  const query = body['$query'] ?? body['query'];
  const command =
    typeof query === 'object' && query !== null && !Array.isArray(query)
      ? { ...(query as Document) }
      : body;
  return { ...command, $db: namespace.slice(0, -'.$cmd'.length) };
}

/**
 * Reads the head of a message; its body is decoded later, so that a bad body can still be answered.
 *
 * @throws ProtocolError when there is nothing to answer: an unknown operation, unknown flags, a wrong checksum.
 * @see https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/
 */
export function parseMessage(message: Buffer): RequestMessage {
  const requestId = message.readInt32LE(4);
  const opCode = message.readInt32LE(12);
  if (opCode === OP_CODES.message) return parseOpMessage(message, requestId);
  if (opCode === OP_CODES.query) {
    return {
      header: { requestId, form: 'query', moreToCome: false, exhaustAllowed: false },
      bytes: message.length,
      decode: () => decodeLegacyQuery(message),
    };
  }
  throw new ProtocolError(`operation code ${opCode} is not supported`);
}
