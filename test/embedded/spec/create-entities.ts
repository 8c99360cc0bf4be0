import { GridFSBucket, MongoClient, type Document, type MongoClientOptions } from 'mongodb';
import { decodeCommonOptions, optionalDocument, textArgument } from './arguments.ts';
import { isPlainDocument } from './bson-types.ts';
import type { EntityMap } from './entities.ts';
import { EventLog } from './events.ts';
import { SkippedError } from './failures.ts';
import type { SpecDocument } from './spec-file.ts';
import { Thread } from './thread.ts';

/** Makes one kind of entity from its description and puts it into the map. */
type EntityMaker = (given: SpecDocument, entities: EntityMap, uri: string) => Promise<void> | void;

const MAKERS: Readonly<Record<string, EntityMaker>> = {
  client: createClient,
  database(given, entities) {
    const client = entities.client(textArgument(given, 'client'));
    const options = decodeCommonOptions(optionalDocument(given, 'databaseOptions') ?? {});
    const name = textArgument(given, 'databaseName');
    entities.add(textArgument(given, 'id'), client.db(name, options));
  },
  collection(given, entities) {
    const database = entities.database(textArgument(given, 'database'));
    const options = decodeCommonOptions(optionalDocument(given, 'collectionOptions') ?? {});
    const name = textArgument(given, 'collectionName');
    entities.add(textArgument(given, 'id'), database.collection(name, options));
  },
  session(given, entities) {
    const client = entities.client(textArgument(given, 'client'));
    const session = client.startSession(decodeSessionOptions(given));
    entities.add(textArgument(given, 'id'), session);
  },
  bucket(given, entities) {
    const database = entities.database(textArgument(given, 'database'));
    const options = decodeCommonOptions(optionalDocument(given, 'bucketOptions') ?? {});
    entities.add(textArgument(given, 'id'), new GridFSBucket(database, options));
  },
  thread(given, entities) {
    entities.add(textArgument(given, 'id'), new Thread());
  },
  clientEncryption() {
    throw new SkippedError('needs client-side encryption, which the project does not install');
  },
};

/**
 * Creates the described entities in order, each of the form `{ collection: { id, … } }`.
 *
 * @throws SkippedError when one needs what is not installed here.
 */
export async function createEntities(
  descriptions: readonly SpecDocument[],
  entities: EntityMap,
  uri: string,
): Promise<void> {
  for (const description of descriptions) {
    const [[kind, given] = ['', undefined]] = Object.entries(description);
    const make = MAKERS[kind];
    if (make === undefined || !isPlainDocument(given)) {
      throw new Error(`the runner cannot create an entity of kind ${kind}`);
    }
    await make(given, entities, uri);
  }
}

async function createClient(given: SpecDocument, entities: EntityMap, uri: string): Promise<void> {
  if (given['autoEncryptOpts'] !== undefined) {
    throw new SkippedError('needs client-side encryption, which the project does not install');
  }
  const uriOptions = optionalDocument(given, 'uriOptions') ?? {};
  const options: MongoClientOptions = {
    monitorCommands: true,
    serverSelectionTimeoutMS: 10_000,
    // A failed connection is noticed at the next heartbeat; the default of ten seconds makes tests crawl.
    ...(uriOptions['heartbeatFrequencyMS'] === undefined && {
      heartbeatFrequencyMS: 500,
      minHeartbeatFrequencyMS: 50,
    }),
    ...serverApiOption(given),
  };
  const client = new MongoClient(withUriOptions(uri, uriOptions), options);
  const log = new EventLog(client, {
    observeEvents: textList(given['observeEvents']),
    ignoreCommandMonitoringEvents: textList(given['ignoreCommandMonitoringEvents']),
    observeSensitiveCommands: given['observeSensitiveCommands'] === true,
  });
  entities.addClient(textArgument(given, 'id'), client, log);
  storeEvents(given, client, entities);
  await client.connect();
}

function serverApiOption(given: SpecDocument): MongoClientOptions {
  const serverApi = optionalDocument(given, 'serverApi');
  if (serverApi === undefined) return {};
  if (serverApi['version'] !== '1') throw new Error('the driver knows only version 1 of the API');
  const { strict, deprecationErrors }: { strict?: boolean; deprecationErrors?: boolean } =
    serverApi;
  return {
    serverApi: {
      version: '1',
      ...(strict !== undefined && { strict }),
      ...(deprecationErrors !== undefined && { deprecationErrors }),
    },
  };
}

/** `storeEventsAsEntities`: lists that fill up with what the client publishes. */
function storeEvents(given: SpecDocument, client: MongoClient, entities: EntityMap): void {
  const wanted: unknown = given['storeEventsAsEntities'];
  for (const entry of Array.isArray(wanted) ? wanted.filter(isPlainDocument) : []) {
    const list: SpecDocument[] = [];
    entities.add(textArgument(entry, 'id'), list);
    const kinds = textList(entry['events']).map((name) => name[0]!.toLowerCase() + name.slice(1));
    const log = new EventLog(client, {
      observeEvents: kinds,
      ignoreCommandMonitoringEvents: [],
      observeSensitiveCommands: false,
    });
    log.onEvent(({ kind }) => {
      const name = kind[0]!.toUpperCase() + kind.slice(1);
      list.push({ name, observedAt: Date.now() / 1000 });
    });
  }
}

function decodeSessionOptions(given: SpecDocument): Document {
  const options = optionalDocument(given, 'sessionOptions') ?? {};
  const transaction = optionalDocument(options, 'defaultTransactionOptions');
  return transaction === undefined
    ? options
    : { ...options, defaultTransactionOptions: decodeCommonOptions(transaction) };
}

/** The connection string with some options replaced; `directConnection` cannot stand beside `replicaSet`. */
export function withUriOptions(uri: string, options: SpecDocument): string {
  const [address = '', query = ''] = uri.split('?');
  const parameters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(options)) {
    parameters.delete(name);
    for (const text of uriOptionTexts(value)) parameters.append(name, text);
  }
  if (parameters.get('directConnection') === 'true') parameters.delete('replicaSet');
  const path = address.replace('://', '').includes('/') ? address : `${address}/`;
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

function uriOptionTexts(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String);
  if (!isPlainDocument(value)) return [String(value)];
  if ('$$placeholder' in value) {
    throw new SkippedError('needs a credential that is not set up here');
  }
  return [
    Object.entries(value)
      .map(([key, item]) => `${key}:${String(item)}`)
      .join(),
  ];
}

function textList(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
