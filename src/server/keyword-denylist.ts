import type { DeniedKeyword, DeniedPart } from '../access/denied-keywords.ts';
import { isRecord, UnexpectedValue, type SettingParser } from './setting-parsers.ts';

/** Parse Server's `requestKeywordDenylist`: `[{"key": "…", "value": "…"}]` with regular expressions as texts. */
export const parseKeywordDenylist: SettingParser<readonly DeniedKeyword[]> = (text) => {
  const keywords = readList(text).map(checkKeyword);
  return keywords.map((keyword) => {
    if (keyword === undefined) throw expected();
    return keyword;
  });
};

function readList(text: string): readonly unknown[] {
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list)) return list;
  } catch {
    // As every other text that is no list.
  }
  throw expected();
}

function checkKeyword(given: unknown): DeniedKeyword | undefined {
  if (!isRecord(given)) return undefined;
  const { key, value, ...others } = given;
  const isKnown = Object.keys(others).length === 0 && (key !== undefined || value !== undefined);
  return isKnown && isPart(key) && isPart(value) ? { key, value } : undefined;
}

function isPart(part: unknown): part is DeniedPart | undefined {
  if (part === undefined || typeof part === 'number' || typeof part === 'boolean') return true;
  return typeof part === 'string' && isPattern(part);
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}

function expected(): UnexpectedValue {
  return new UnexpectedValue(
    'expected a JSON array such as [{"key":"constructor"}], with regular expressions as texts',
  );
}
