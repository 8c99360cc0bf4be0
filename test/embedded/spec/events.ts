import type { MongoClient, TopologyDescription } from 'mongodb';
import { isPlainDocument } from './bson-types.ts';
import { MismatchError } from './failures.ts';
import { assertMatches, type EntitySource } from './matching.ts';
import type { SpecDocument } from './spec-file.ts';

type Monitor = 'command' | 'cmap' | 'sdam';

/** The event names of the format, which monitor publishes each, and what the driver calls it. */
const EVENT_KINDS = {
  commandStartedEvent: ['command', 'commandStarted'],
  commandSucceededEvent: ['command', 'commandSucceeded'],
  commandFailedEvent: ['command', 'commandFailed'],
  poolCreatedEvent: ['cmap', 'connectionPoolCreated'],
  poolReadyEvent: ['cmap', 'connectionPoolReady'],
  poolClearedEvent: ['cmap', 'connectionPoolCleared'],
  poolClosedEvent: ['cmap', 'connectionPoolClosed'],
  connectionCreatedEvent: ['cmap', 'connectionCreated'],
  connectionReadyEvent: ['cmap', 'connectionReady'],
  connectionClosedEvent: ['cmap', 'connectionClosed'],
  connectionCheckOutStartedEvent: ['cmap', 'connectionCheckOutStarted'],
  connectionCheckOutFailedEvent: ['cmap', 'connectionCheckOutFailed'],
  connectionCheckedOutEvent: ['cmap', 'connectionCheckedOut'],
  connectionCheckedInEvent: ['cmap', 'connectionCheckedIn'],
  serverDescriptionChangedEvent: ['sdam', 'serverDescriptionChanged'],
  serverHeartbeatStartedEvent: ['sdam', 'serverHeartbeatStarted'],
  serverHeartbeatSucceededEvent: ['sdam', 'serverHeartbeatSucceeded'],
  serverHeartbeatFailedEvent: ['sdam', 'serverHeartbeatFailed'],
  topologyDescriptionChangedEvent: ['sdam', 'topologyDescriptionChanged'],
} as const satisfies Record<string, readonly [Monitor, string]>;

type EventKind = keyof typeof EVENT_KINDS;

/** Commands whose events are never compared: their contents are redacted, or they belong to the runner. */
const UNOBSERVED_COMMANDS = new Set([
  'configureFailPoint',
  'authenticate',
  'saslStart',
  'saslContinue',
  'getnonce',
  'createUser',
  'updateUser',
  'copydbgetnonce',
  'copydbsaslstart',
  'copydb',
]);

const HELLO_COMMANDS = new Set(['hello', 'ismaster', 'isMaster']);

/** One published event, by the name the format gives it. */
export interface ObservedEvent {
  readonly kind: EventKind;
  readonly monitor: Monitor;
  readonly event: object;
}

/** What a client knew of its deployment at one moment. */
export class RecordedTopology {
  readonly type: string;
  /** Address of the primary; absent when there was none. */
  readonly primary: string | undefined;

  constructor(description: TopologyDescription | undefined) {
    this.type = description?.type ?? 'Unknown';
    const servers = [...(description?.servers.values() ?? [])];
    this.primary = servers.find(({ type }) => type === 'RSPrimary')?.address;
  }
}

/** What a client entity asks to be observed. */
export interface ObserveOptions {
  readonly observeEvents: readonly string[];
  readonly ignoreCommandMonitoringEvents: readonly string[];
  readonly observeSensitiveCommands: boolean;
}

/** Listens to one client from its creation until `stop`. */
export class EventLog {
  readonly #observed: ObservedEvent[] = [];
  readonly #listeners = new Set<(event: ObservedEvent) => void>();
  readonly #detach: (() => void)[] = [];
  #checkedOut = 0;
  #topology: TopologyDescription | undefined;

  constructor(client: MongoClient, options: ObserveOptions) {
    const ignored = new Set(options.ignoreCommandMonitoringEvents);
    for (const name of options.observeEvents) {
      const kind = parseEventKind(name);
      this.#listen(client, EVENT_KINDS[kind][1], (event) => {
        if (isObserved(event, ignored, options.observeSensitiveCommands)) this.#add(kind, event);
      });
    }
    client.on('topologyDescriptionChanged', ({ newDescription }) => {
      this.#topology = newDescription;
    });
    this.#listen(client, 'connectionCheckedOut', () => (this.#checkedOut += 1));
    this.#listen(client, 'connectionCheckedIn', () => (this.#checkedOut -= 1));
  }

  /** Everything observed so far, oldest first. */
  get observed(): readonly ObservedEvent[] {
    return this.#observed;
  }

  /** How many connections of the client are in use now. */
  get checkedOutConnections(): number {
    return this.#checkedOut;
  }

  /** What the client knows of its deployment now. */
  get topology(): RecordedTopology {
    return new RecordedTopology(this.#topology);
  }

  /** How many observed events match an expected one. */
  count(expected: SpecDocument, entities: EntitySource): number {
    return this.#observed.filter((event) => eventMatches(expected, event, entities)).length;
  }

  /**
   * Resolves as soon as `count` events, past ones included, match.
   *
   * @throws MismatchError when they have not come within `timeoutMs`.
   */
  async waitFor(
    expected: SpecDocument,
    count: number,
    entities: EntitySource,
    timeoutMs = 10_000,
  ): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const settle = (finish: () => void): void => {
        clearTimeout(timer);
        this.#listeners.delete(check);
        finish();
      };
      const check = (): void => {
        if (this.count(expected, entities) >= count) settle(resolve);
      };
      const timer = setTimeout(() => {
        const seen = this.count(expected, entities);
        settle(() => {
          const kind = Object.keys(expected).join();
          reject(new MismatchError(`waited for ${count} ${kind}, saw ${seen}`));
        });
      }, timeoutMs);
      this.#listeners.add(check);
      check();
    });
  }

  /** Called with every event from now on. */
  onEvent(listener: (event: ObservedEvent) => void): void {
    this.#listeners.add(listener);
  }

  stop(): void {
    for (const detach of this.#detach.splice(0)) detach();
  }

  #add(kind: EventKind, event: object): void {
    const observed = { kind, monitor: EVENT_KINDS[kind][0], event };
    this.#observed.push(observed);
    for (const listener of [...this.#listeners]) listener(observed);
  }

  #listen(
    client: MongoClient,
    name: (typeof EVENT_KINDS)[EventKind][1],
    listener: (event: object) => void,
  ): void {
    client.on(name, listener);
    this.#detach.push(() => client.off(name, listener));
  }
}

/** Whether an observed event is of the expected kind and has the expected fields. */
export function eventMatches(
  expected: SpecDocument,
  observed: ObservedEvent,
  entities: EntitySource,
): boolean {
  try {
    assertEventMatches(expected, observed, entities);
    return true;
  } catch (error) {
    if (error instanceof MismatchError) return false;
    throw error;
  }
}

/**
 * Asserts the kind and the named fields of one event.
 *
 * @throws MismatchError when it is another kind or a field differs.
 */
export function assertEventMatches(
  expected: SpecDocument,
  { kind, event }: ObservedEvent,
  entities: EntitySource,
): void {
  const [[name, fields] = ['', undefined]] = Object.entries(expected);
  if (parseEventKind(name) !== kind) throw new MismatchError(`expected ${name}, got ${kind}`);
  if (!isPlainDocument(fields)) return;
  for (const [field, value] of Object.entries(fields)) {
    if (field === 'hasServiceId') assertPresence(event, 'serviceId', value);
    else if (field === 'hasServerConnectionId') assertPresence(event, 'serverConnectionId', value);
    else if (field === 'previousDescription' || field === 'newDescription') {
      assertMatches(value, { type: nestedType(event, field) }, entities);
    } else if (field === 'command') {
      assertMatches(value, withoutAddedTimeout(value, Reflect.get(event, field)), entities);
    } else assertMatches(value, Reflect.get(event, field), entities);
  }
}

/** What this driver adds to the write concern of every commit, where others add it to a second attempt only. */
const ADDED_TIMEOUT_MS = 10_000;

function withoutAddedTimeout(expected: unknown, command: unknown): unknown {
  if (!isPlainDocument(expected) || !isPlainDocument(command)) return command;
  const [wanted, sent] = [expected['writeConcern'], command['writeConcern']];
  if (command['commitTransaction'] === undefined || !isPlainDocument(sent)) return command;
  if (sent['wtimeout'] !== ADDED_TIMEOUT_MS) return command;
  if (isPlainDocument(wanted) && 'wtimeout' in wanted) return command;
  return { ...command, writeConcern: { ...sent, wtimeout: undefined } };
}

function assertPresence(event: object, field: string, expected: unknown): void {
  const value: unknown = Reflect.get(event, field);
  const isSet = value !== undefined && value !== null;
  if (isSet !== expected) throw new MismatchError(`${field} is ${isSet ? 'set' : 'not set'}`);
}

function nestedType(event: object, field: string): unknown {
  const description: unknown = Reflect.get(event, field);
  if (typeof description !== 'object' || description === null) return undefined;
  return Reflect.get(description, 'type');
}

function parseEventKind(name: string): EventKind {
  if (!isEventKind(name)) throw new Error(`the runner cannot observe ${name}`);
  return name;
}

function isEventKind(name: string): name is EventKind {
  return Object.hasOwn(EVENT_KINDS, name);
}

function isObserved(event: object, ignored: ReadonlySet<string>, withSensitive: boolean): boolean {
  const name: unknown = Reflect.get(event, 'commandName');
  if (typeof name !== 'string') return true;
  if (name === 'configureFailPoint' || ignored.has(name)) return false;
  if (withSensitive) return true;
  return !UNOBSERVED_COMMANDS.has(name) && !(HELLO_COMMANDS.has(name) && isRedacted(event));
}

function isRedacted(event: object): boolean {
  const body: unknown = Reflect.get(event, 'command') ?? Reflect.get(event, 'reply');
  return typeof body !== 'object' || body === null || Object.keys(body).length === 0;
}
