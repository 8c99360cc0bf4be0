import { StoreError } from '../../errors.ts';
import { numberFrom } from '../arguments.ts';

interface Parameter {
  readonly initial: unknown;
  /** Smallest number that may be set; absent for what cannot be set at run time. */
  readonly least?: number;
}

const PARAMETERS = {
  featureCompatibilityVersion: { initial: { version: '7.0' } },
  enableTestCommands: { initial: true },
  authenticationMechanisms: { initial: [] },
  requireApiVersion: { initial: false },
  ttlMonitorSleepSecs: { initial: 60, least: 0.01 },
  transactionLifetimeLimitSeconds: { initial: 60, least: 0.01 },
  cursorTimeoutMillis: { initial: 600_000, least: 1 },
  /** How often idle cursors and sessions are looked for. */
  clientCursorMonitorFrequencySecs: { initial: 4, least: 0.01 },
  localLogicalSessionTimeoutMinutes: { initial: 30 },
} as const satisfies Record<string, Parameter>;

export type ParameterName = keyof typeof PARAMETERS;

type NumericParameter =
  | 'ttlMonitorSleepSecs'
  | 'transactionLifetimeLimitSeconds'
  | 'cursorTimeoutMillis'
  | 'clientCursorMonitorFrequencySecs';

/** Server parameters: what `getParameter` shows and the few that `setParameter` changes, until the store stops. */
export interface Parameters {
  has(name: string): name is ParameterName;
  read(name: ParameterName): unknown;
  number(name: NumericParameter): number;
  all(): Readonly<Record<string, unknown>>;
  /**
   * Sets one and returns what it was.
   * @throws StoreError 72 when there is no such parameter or it cannot be set, 2 when the value is not allowed.
   */
  write(name: string, value: unknown): unknown;
  onChange(listener: (name: ParameterName) => void): void;
}

/** Parameters at their defaults, which are MongoDB's. */
export function createParameters(): Parameters {
  const values = new Map<ParameterName, unknown>();
  const listeners: ((name: ParameterName) => void)[] = [];
  const has = (name: string): name is ParameterName => Object.hasOwn(PARAMETERS, name);
  const read = (name: ParameterName): unknown => values.get(name) ?? PARAMETERS[name].initial;
  return {
    has,
    read,
    number: (name) => Number(read(name)),
    all: () =>
      Object.fromEntries(
        Object.keys(PARAMETERS)
          .filter(has)
          .map((name) => [name, read(name)]),
      ),
    write(name, value) {
      if (!has(name)) {
        throw new StoreError(
          'InvalidOptions',
          `attempted to set unrecognized parameter [${name}], use help:true to see options`,
        );
      }
      const parameter: Parameter = PARAMETERS[name];
      if (parameter.least === undefined) {
        throw new StoreError('InvalidOptions', `not allowed to change [${name}] at runtime`);
      }
      const number = numberFrom(value);
      if (number === undefined || !(number >= parameter.least)) {
        throw new StoreError(
          'BadValue',
          `Invalid value for parameter ${name}: it must be a number of at least ${parameter.least}`,
        );
      }
      const was = read(name);
      values.set(name, number);
      for (const listener of listeners) listener(name);
      return was;
    },
    onChange(listener) {
      listeners.push(listener);
    },
  };
}
