import type { ParseObject } from '../parse/object.ts';
import { isParseRecord, type ParseRecord, type ParseValue } from '../parse/values.ts';

/** Providers whose stored data would let whoever reads them log in: secrets of one-time codes, and recovery codes. */
const SECOND_FACTORS = ['mfa'] as const;

/**
 * `authData` as its owner sees it: `{mfa: {secret, recovery}}` → `{mfa: {status: 'enabled'}}`. `undefined` when there is nothing to
 * cover up.
 */
export function coveredAuthData(object: ParseObject): ParseValue | undefined {
  const authData = object.className === '_User' ? object.values.get('authData') : undefined;
  if (authData === undefined || !isParseRecord(authData)) return undefined;
  const factors = SECOND_FACTORS.filter((provider) => Object.hasOwn(authData, provider));
  if (factors.length === 0) return undefined;
  const covers = factors.map((provider) => [provider, coverOf(authData[provider])] as const);
  return { ...authData, ...Object.fromEntries(covers) };
}

function coverOf(data: ParseValue | undefined): ParseRecord {
  const isSetUp =
    data !== undefined &&
    isParseRecord(data) &&
    (typeof data['secret'] === 'string' || typeof data['mobile'] === 'string');
  return { status: isSetUp ? 'enabled' : 'disabled' };
}
