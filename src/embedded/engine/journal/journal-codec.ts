import { Binary, Timestamp, serialize } from 'bson';
import { decodeDocument } from '../tables/decode-document.ts';
import type {
  Document,
  JournalEntry,
  JournalKind,
  Namespace,
  TransactionIdentity,
  UpdateDescription,
} from '../engine.ts';

/** One entry on its way into the journal: versions of a document as they were stored, the rest as objects. */
export interface PendingEntry {
  readonly kind: JournalKind;
  readonly namespace: Namespace;
  readonly uuid?: Uint8Array | undefined;
  readonly documentId?: unknown;
  readonly updateDescription?: UpdateDescription | undefined;
  readonly details?: Document | undefined;
  readonly document?: Buffer | undefined;
  readonly before?: Buffer | undefined;
  readonly after?: Buffer | undefined;
}

/** What all entries of one commit share. */
export interface EntryContext {
  readonly wallTime: Date;
  readonly transaction?: TransactionIdentity | undefined;
}

/** What an entry says besides versions of a document. */
export interface Header {
  readonly kind: JournalKind;
  readonly database: string;
  readonly collection: string;
  readonly wallTime: Date;
  readonly uuid?: Binary;
  readonly id?: { readonly value: unknown };
  readonly update?: UpdateDescription;
  readonly details?: Document;
  readonly transaction?: TransactionIdentity;
}

const VERSIONS = ['document', 'before', 'after'] as const;
type Version = (typeof VERSIONS)[number];

/** Eight bytes in the order of time. */
export function encodeTime(time: Timestamp): Buffer {
  const key = Buffer.allocUnsafe(8);
  key.writeUInt32BE(time.t, 0);
  key.writeUInt32BE(time.i, 4);
  return key;
}

export function decodeTime(key: Buffer): Timestamp {
  return new Timestamp({ t: key.readUInt32BE(0), i: key.readUInt32BE(4) });
}

/** The header of an entry; the same for all inserts of one batch into one collection. */
export function encodeHeader(entry: PendingEntry, context: EntryContext): Buffer {
  const { kind, namespace, uuid, updateDescription, details } = entry;
  const hasId = kind === 'update' || kind === 'replace' || kind === 'delete';
  return Buffer.from(
    serialize(
      {
        kind,
        database: namespace.database,
        collection: namespace.collection,
        wallTime: context.wallTime,
        uuid: uuid === undefined ? undefined : new Binary(uuid, Binary.SUBTYPE_UUID),
        id: hasId ? { value: entry.documentId } : undefined,
        update: updateDescription,
        details,
        transaction: context.transaction,
      },
      { ignoreUndefined: true },
    ),
  );
}

/**
 * Header (BSON, so it tells its own length), then per version of the document a byte that says whether it is
 * there, and its BSON as it was stored.
 */
export function encodeEntry(header: Buffer, entry: PendingEntry): Buffer {
  const pieces: Buffer[] = [header];
  for (const version of VERSIONS) {
    const raw = entry[version];
    pieces.push(Buffer.of(raw === undefined ? 0 : 1));
    if (raw !== undefined) pieces.push(raw);
  }
  return Buffer.concat(pieces);
}

/** Reads one entry; versions of the document are decoded when first asked for. */
export function decodeEntry(time: Timestamp, value: Buffer): JournalEntry {
  const headerEnd = value.readInt32LE(0);
  const raw = new Map<Version, Buffer>();
  let at = headerEnd;
  for (const version of VERSIONS) {
    if (value[at++] !== 1) continue;
    const end = at + value.readInt32LE(at);
    raw.set(version, value.subarray(at, end));
    at = end;
  }
  return new StoredEntry(time, decodeHeader(value.subarray(0, headerEnd)), raw);
}

/** The header as it was encoded. */
export function decodeHeader(header: Buffer): Header {
  // Only this store writes it, so its shape is taken on trust.
  return decodeDocument(header) as unknown as Header;
}

/** The entry of an insert, whose header it may share with others. */
export function insertEntry(time: Timestamp, header: Header, document: Buffer): JournalEntry {
  return new StoredEntry(time, header, new Map([['document', document]]));
}

class StoredEntry implements JournalEntry {
  readonly time: Timestamp;
  readonly #header: Header;
  readonly #raw: ReadonlyMap<Version, Buffer>;
  readonly #decoded = new Map<Version, Document>();

  constructor(time: Timestamp, header: Header, raw: ReadonlyMap<Version, Buffer>) {
    this.time = time;
    this.#header = header;
    this.#raw = raw;
  }

  get wallTime(): Date {
    return this.#header.wallTime;
  }
  get kind(): JournalKind {
    return this.#header.kind;
  }
  get namespace(): Namespace {
    return { database: this.#header.database, collection: this.#header.collection };
  }
  get uuid(): Uint8Array | undefined {
    return this.#header.uuid?.value();
  }
  get documentId(): unknown {
    return this.kind === 'insert' ? this.document?.['_id'] : this.#header.id?.value;
  }
  get document(): Document | undefined {
    return this.#version('document');
  }
  get before(): Document | undefined {
    return this.#version('before');
  }
  get after(): Document | undefined {
    return this.#version('after');
  }
  get updateDescription(): UpdateDescription | undefined {
    return this.#header.update;
  }
  get details(): Document | undefined {
    return this.#header.details;
  }
  get transaction(): JournalEntry['transaction'] {
    const { transaction } = this.#header;
    return transaction === undefined
      ? undefined
      : { lsid: transaction.lsid, txnNumber: BigInt(String(transaction.txnNumber)) };
  }

  #version(name: Version): Document | undefined {
    const raw = this.#raw.get(name);
    if (raw === undefined) return undefined;
    const known = this.#decoded.get(name) ?? decodeDocument(raw);
    this.#decoded.set(name, known);
    return known;
  }
}
