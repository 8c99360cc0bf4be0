import {
  UnexpectedValue,
  parseAddresses,
  parseFlag,
  type SettingParser,
} from './setting-parsers.ts';

/**
 * Which proxies may say who the client is, in `X-Forwarded-For`: none (`false`), all (`true`), the nearest so many, or
 * those with these addresses.
 * @see https://expressjs.com/en/guide/behind-proxies.html
 */
export type TrustProxy = boolean | number | readonly string[];

/** `true`, `1`, `"10.0.0.0/8"` or a list, as JSON or as plain text. */
export const parseTrustProxy: SettingParser<TrustProxy> = (text) => {
  const plain = text.trim().replace(/^"(.*)"$/, '$1');
  try {
    if (plain === 'true' || plain === 'false') return parseFlag(plain);
    if (/^\d{1,2}$/.test(plain)) return Number(plain);
    return plain === '[]' ? false : parseAddresses(plain);
  } catch {
    throw new UnexpectedValue('expected true, false, a number of proxies, or their IP addresses');
  }
};
