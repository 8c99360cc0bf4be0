import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BSON } from 'mongodb';
import type { CommandEvent } from '../../src/storage/mongo/observe-commands.ts';

/** One golden case: a folder with `query.graphql`, `result.json` and `commands.json`. */
export interface GoldenCase {
  readonly name: string;
  readonly document: string;
  /** The first comment of the document: what the case shows. */
  readonly title: string;
  readonly caller: 'master' | 'ada' | 'anonymous';
  /** Promise of the case, kept by whoever rewrites the recorded files, too. */
  readonly mostCommands: number;
}

export const GOLDEN_FOLDER = fileURLToPath(new URL('../golden/', import.meta.url));

const HEADER =
  /^# (?<title>.+)\n# as (?<caller>master|ada|anonymous), at most (?<most>\d+) commands?\n/;

/** All cases, queries ahead of mutations so that what is read never depends on what another case wrote. */
export function readGoldenCases(): readonly GoldenCase[] {
  const folders = readdirSync(GOLDEN_FOLDER, { withFileTypes: true });
  const cases = folders.filter((entry) => entry.isDirectory()).map(({ name }) => readCase(name));
  return cases.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
}

function readCase(name: string): GoldenCase {
  const document = readFileSync(`${GOLDEN_FOLDER}${name}/query.graphql`, 'utf8');
  const { title, caller, most } = HEADER.exec(document)?.groups ?? {};
  if (title === undefined) throw new Error(`${name}/query.graphql does not begin with its promise`);
  return {
    name,
    document,
    title,
    caller: caller as GoldenCase['caller'],
    mostCommands: Number(most),
  };
}

function rank({ document }: GoldenCase): number {
  return /^mutation\b/m.test(document) ? 1 : 0;
}

/** What is recorded of a case, or, with `UPDATE_GOLDEN=1`, what `found` is: then it is recorded. */
export function recorded(name: string, file: 'result' | 'commands', found: unknown): unknown {
  const path = `${GOLDEN_FOLDER}${name}/${file}.json`;
  if (process.env['UPDATE_GOLDEN'] === '1') {
    writeFileSync(path, `${JSON.stringify(found, undefined, 2)}\n`);
  }
  return JSON.parse(readFileSync(path, 'utf8')) as unknown;
}

/** What the driver adds to every command, and the limits that all commands have alike. */
const UNTOLD: ReadonlySet<string> = new Set([
  'lsid',
  '$db',
  '$clusterTime',
  'txnNumber',
  'maxTimeMS',
  'batchSize',
  'cursor',
  'ordered',
  'allowDiskUse',
]);

/**
 * Commands → the steps a request took: those that were under way at the same time stand together, in no order of their own, so
 * the number of steps is the number of round trips that waited for one another.
 */
export function stepsOf(events: readonly CommandEvent[]): readonly (readonly unknown[])[] {
  const steps: { readonly commands: unknown[]; endsAtMs: number }[] = [];
  for (const event of events.toSorted((a, b) => a.startedAtMs - b.startedAtMs)) {
    const endsAtMs = event.startedAtMs + event.durationMs;
    const last = steps.at(-1);
    if (last === undefined || event.startedAtMs >= last.endsAtMs) {
      steps.push({ commands: [shown(event)], endsAtMs });
    } else {
      last.commands.push(shown(event));
      last.endsAtMs = Math.max(last.endsAtMs, endsAtMs);
    }
  }
  return steps.map(({ commands }) => commands.toSorted((a, b) => (text(a) < text(b) ? -1 : 1)));
}

/** The command in relaxed Extended JSON; ids and times that the gateway made are told as such. */
function shown({ body }: CommandEvent): unknown {
  const told = Object.entries(body).filter(([name]) => !UNTOLD.has(name));
  const json = BSON.EJSON.serialize(Object.fromEntries(told), { relaxed: true });
  return JSON.parse(JSON.stringify(json, (key, value: unknown) => masked(key, value))) as unknown;
}

const RECENT_MS = 3_600_000;

const ID_KEYS: ReadonlySet<string> = new Set(['_id', 'owningId', 'relatedId']);

function masked(key: string, value: unknown): unknown {
  if (typeof value === 'string') return maskedText(key, value);
  if (typeof value !== 'object' || value === null || !('$date' in value)) return value;
  const age = Date.now() - new Date(String(value.$date)).getTime();
  return Math.abs(age) < RECENT_MS ? { $date: '(now)' } : value;
}

/** Ids of the seed are shorter than those that are made. */
function maskedText(key: string, value: string): string {
  if (ID_KEYS.has(key)) return value.replace(/^[A-Za-z0-9]{10}$/, '(new id)');
  return key.startsWith('_p_') ? value.replace(/\$[A-Za-z0-9]{10}$/, '$(new id)') : value;
}

function text(value: unknown): string {
  return JSON.stringify(value);
}
