import { isIP } from 'node:net';

/** What a setting's text may not be: the message says what is expected, never the value of a secret. */
export class UnexpectedValue extends Error {}

/** Turns the text of one setting into its value. @throws UnexpectedValue with "expected …". */
export type SettingParser<T> = (text: string) => T;

export const parseText: SettingParser<string> = (text) => {
  if (text.trim() === '') throw new UnexpectedValue('expected some text');
  return text;
};

/** `true`, `1` and a flag without a value are true; `false` and `0` are false. */
export const parseFlag: SettingParser<boolean> = (text) => {
  const lower = text.toLowerCase();
  if (lower === 'true' || lower === '1') return true;
  if (lower === 'false' || lower === '0') return false;
  throw new UnexpectedValue('expected true or false');
};

/** A whole number within the bounds, both included. */
export function parseWhole(least: number, most: number): SettingParser<number> {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text.trim()) || value < least || value > most) {
      throw new UnexpectedValue(`expected a whole number from ${least} to ${most}`);
    }
    return value;
  };
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1024],
  ['mb', 1024 ** 2],
  ['gb', 1024 ** 3],
]);

/** `20mb`, `1.5gb` or `1000`: a size → bytes, at least one. */
export const parseSize: SettingParser<number> = (text) => {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*(b|kb|mb|gb)?$/i.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(number) * (UNITS.get(unit.toLowerCase()) ?? NaN));
  if (!Number.isSafeInteger(bytes) || bytes < 1) {
    throw new UnexpectedValue('expected a size such as 20mb');
  }
  return bytes;
};

/** `a, b` → `['a', 'b']`; a JSON array of strings is read too. */
export const parseList: SettingParser<readonly string[]> = (text) => {
  const items = text.trim().startsWith('[')
    ? parseJson(text, 'a JSON array of strings, or text separated by commas')
    : text.split(',').map((item) => item.trim());
  if (!Array.isArray(items)) throw new UnexpectedValue('expected a list');
  return items.map((item: unknown) => {
    if (typeof item !== 'string' || item === '') {
      throw new UnexpectedValue('expected a list of texts separated by commas');
    }
    return item;
  });
};

/** IP addresses and CIDR ranges: `127.0.0.1, 10.0.0.0/8, ::1`; `::0` and `0.0.0.0` stand for any address of their kind. */
export const parseAddresses: SettingParser<readonly string[]> = (text) => {
  const addresses = parseList(text);
  for (const entry of addresses) {
    const [address = '', bits, ...rest] = entry.split('/');
    const kind = isIP(address);
    const isRange =
      bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (kind === 4 ? 32 : 128));
    if (kind === 0 || !isRange || rest.length > 0) {
      throw new UnexpectedValue('expected IP addresses or CIDR ranges separated by commas');
    }
  }
  return addresses;
};

/** `/graphql`: starts with a slash, holds no query, pattern or trailing slash. */
export const parsePath: SettingParser<string> = (text) => {
  if (!/^(\/[A-Za-z0-9._~-]+)+$/.test(text) || text.split('/').includes('..')) {
    throw new UnexpectedValue('expected a path such as /graphql');
  }
  return text;
};

/** An absolute http or https address; a trailing slash is dropped. */
export const parseHttpUrl: SettingParser<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UnexpectedValue('expected an address such as https://example.com/parse');
  }
  return text.replace(/\/+$/, '');
};

/** The address of a mail server; user and password may stand in it. */
export const parseSmtpUrl: SettingParser<string> = (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^smtps?:$/.test(url.protocol) || url.hostname === '') {
    throw new UnexpectedValue('expected an address such as smtp://user:password@host:587');
  }
  return text;
};

/** A MongoDB connection string; without a database name the driver's own default (`test`) is meant, as for Parse Server. */
export const parseDatabaseUri: SettingParser<string> = (text) => {
  const shape = /^mongodb(\+srv)?:\/\/[^/?\s]+(\/[^/?\s"$.*<>:|\\]*)?(\?\S*)?$/;
  if (!shape.test(text)) {
    throw new UnexpectedValue('expected a MongoDB URI such as mongodb://host:27017/parse');
  }
  return text;
};

/** What a collection name can start with. */
export const parseCollectionPrefix: SettingParser<string> = (text) => {
  if (!/^[A-Za-z0-9_-]{0,64}$/.test(text)) {
    throw new UnexpectedValue('expected at most 64 letters, digits, _ or -');
  }
  return text;
};

/** One of the given words. */
export function parseChoice<T extends string>(choices: readonly T[]): SettingParser<T> {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text.toLowerCase());
    if (choice === undefined) throw new UnexpectedValue(`expected one of ${choices.join(', ')}`);
    return choice;
  };
}

/** A JSON object whose members are checked by `check`. */
export function parseObject<T>(
  expected: string,
  check: (value: Readonly<Record<string, unknown>>) => T | undefined,
): SettingParser<T> {
  return (text) => {
    const value = parseJson(text, expected);
    const checked = isRecord(value) ? check(value) : undefined;
    if (checked === undefined) throw new UnexpectedValue(`expected ${expected}`);
    return checked;
  };
}

/** A plain JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string, expected: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new UnexpectedValue(`expected ${expected}`);
  }
}
