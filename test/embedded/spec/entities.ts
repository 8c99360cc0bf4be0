import {
  AbstractCursor,
  ChangeStream,
  ClientSession,
  Collection,
  Db,
  GridFSBucket,
  MongoClient,
  type Document,
} from 'mongodb';
import { RecordedTopology, type EventLog } from './events.ts';
import type { EntitySource } from './matching.ts';
import { Thread } from './thread.ts';

/** A class of driver objects, as a type and for `instanceof`. */
type EntityClass<Entity> = abstract new (...parameters: never[]) => Entity;

/** All named objects and values of one running test. Names are unique; what is looked up must exist and be of the type asked for. */
export class EntityMap implements EntitySource {
  readonly #values = new Map<string, unknown>();
  readonly #logs = new Map<MongoClient, EventLog>();

  /** @throws Error when the name is taken. */
  add(name: string, value: unknown): void {
    if (this.#values.has(name)) throw new Error(`there is already an entity called ${name}`);
    this.#values.set(name, value);
  }

  /** As `add`, for a client and what it publishes. */
  addClient(name: string, client: MongoClient, log: EventLog): void {
    this.add(name, client);
    this.#logs.set(client, log);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  value(name: string): unknown {
    if (!this.#values.has(name)) throw new Error(`there is no entity called ${name}`);
    return this.#values.get(name);
  }

  sessionId(name: string): unknown {
    return this.session(name).id;
  }

  client(name: string): MongoClient {
    return this.#get(name, MongoClient);
  }

  /** What the named client published. */
  log(client: string): EventLog {
    const log = this.#logs.get(this.client(client));
    if (log === undefined) throw new Error(`nothing listens to ${client}`);
    return log;
  }

  database(name: string): Db {
    return this.#get(name, Db);
  }

  session(name: string): ClientSession {
    return this.#get(name, ClientSession);
  }

  thread(name: string): Thread {
    return this.#get(name, Thread);
  }

  topology(name: string): RecordedTopology {
    return this.#get(name, RecordedTopology);
  }

  /** All entities of one class, in order of creation. */
  all<Entity>(kind: EntityClass<Entity>): readonly Entity[] {
    return [...this.#values.values()].filter((value) => isA(value, kind));
  }

  /** Ends sessions, closes streams and cursors, then the clients. Errors of closing are nobody's result. */
  async close(): Promise<void> {
    const quietly = async (work: Promise<unknown>): Promise<unknown> =>
      work.catch((error: unknown) => error);
    for (const stream of this.all<ChangeStream>(ChangeStream)) await quietly(stream.close());
    for (const cursor of this.all<AbstractCursor>(AbstractCursor)) await quietly(cursor.close());
    for (const session of this.all(ClientSession)) await quietly(session.endSession());
    for (const log of this.#logs.values()) log.stop();
    for (const client of this.all(MongoClient)) await quietly(client.close());
  }

  #get<Entity>(name: string, kind: EntityClass<Entity>): Entity {
    const value = this.value(name);
    if (!(value instanceof kind)) throw new Error(`entity ${name} is no ${kind.name}`);
    return value;
  }
}

/** As `instanceof`, which would make the type parameters of a generic class `any`. */
function isA<Entity>(value: unknown, kind: EntityClass<Entity>): value is Entity {
  return value instanceof kind;
}

/** The object an operation acts on, told apart by class. */
export type Target =
  | { readonly kind: 'client'; readonly entity: MongoClient }
  | { readonly kind: 'database'; readonly entity: Db }
  | { readonly kind: 'collection'; readonly entity: Collection }
  | { readonly kind: 'session'; readonly entity: ClientSession }
  | { readonly kind: 'bucket'; readonly entity: GridFSBucket }
  | { readonly kind: 'changeStream'; readonly entity: ChangeStream }
  | { readonly kind: 'cursor'; readonly entity: AbstractCursor<Document> };

/** @throws Error when the value is nothing that has operations. */
export function targetOf(name: string, value: unknown): Target {
  if (value instanceof MongoClient) return { kind: 'client', entity: value };
  if (value instanceof Db) return { kind: 'database', entity: value };
  if (isA<Collection>(value, Collection)) return { kind: 'collection', entity: value };
  if (value instanceof ClientSession) return { kind: 'session', entity: value };
  if (value instanceof GridFSBucket) return { kind: 'bucket', entity: value };
  if (isA<ChangeStream>(value, ChangeStream)) return { kind: 'changeStream', entity: value };
  if (isA<AbstractCursor<Document>>(value, AbstractCursor))
    return { kind: 'cursor', entity: value };
  throw new Error(`entity ${name} has no operations`);
}
