/** What one client, or all of them, had the store do. */
export interface CommandCounters {
  /** How often each command came, by name. */
  readonly commands: Readonly<Record<string, number>>;
  /** Commands that read or write data: the sum of `commands` without monitoring and session upkeep. */
  readonly work: number;
  readonly documentsReturned: number;
  readonly documentsExamined: number;
  readonly keysExamined: number;
  readonly replyBytes: number;
}

/** What one command adds. */
export interface CommandCost {
  readonly command: string;
  readonly isWork: boolean;
  readonly documentsReturned: number;
  readonly documentsExamined: number;
  readonly keysExamined: number;
  readonly replyBytes: number;
}

/** Counts by the `appName` a client gave in its hello; clients without one count under the empty name. */
export interface CounterRegistry {
  add(appName: string, cost: CommandCost): void;
  /** The sums of one client, or of all when no name is given. */
  read(appName?: string): CommandCounters;
  appNames(): readonly string[];
  reset(appName?: string): void;
}

type Totals = { commands: Map<string, number> } & Record<
  Exclude<keyof CommandCounters, 'commands'>,
  number
>;

const emptyTotals = (): Totals => ({
  commands: new Map(),
  work: 0,
  documentsReturned: 0,
  documentsExamined: 0,
  keysExamined: 0,
  replyBytes: 0,
});

function merge(into: Totals, from: Totals): Totals {
  for (const [name, count] of from.commands) {
    into.commands.set(name, (into.commands.get(name) ?? 0) + count);
  }
  into.work += from.work;
  into.documentsReturned += from.documentsReturned;
  into.documentsExamined += from.documentsExamined;
  into.keysExamined += from.keysExamined;
  into.replyBytes += from.replyBytes;
  return into;
}

/** Counters that start at zero with the store. */
export function createCounters(): CounterRegistry {
  const clients = new Map<string, Totals>();
  return {
    add(appName, cost) {
      const totals = clients.get(appName) ?? emptyTotals();
      clients.set(appName, totals);
      totals.commands.set(cost.command, (totals.commands.get(cost.command) ?? 0) + 1);
      if (cost.isWork) totals.work += 1;
      totals.documentsReturned += cost.documentsReturned;
      totals.documentsExamined += cost.documentsExamined;
      totals.keysExamined += cost.keysExamined;
      totals.replyBytes += cost.replyBytes;
    },
    read(appName) {
      const chosen = appName === undefined ? [...clients.values()] : [clients.get(appName)];
      const sum = emptyTotals();
      for (const totals of chosen) if (totals !== undefined) merge(sum, totals);
      return { ...sum, commands: Object.fromEntries(sum.commands) };
    },
    appNames: () => [...clients.keys()],
    reset(appName) {
      if (appName === undefined) clients.clear();
      else clients.delete(appName);
    },
  };
}
