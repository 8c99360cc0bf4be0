import { stem } from './english-stemmer.ts';
import { STOP_WORDS } from './stop-words.ts';

export type TextLanguage = 'english' | 'none';

/** One word of a text: the form that is indexed, and the word as it stands. */
export interface TextToken {
  readonly term: string;
  readonly word: string;
  readonly isStopWord: boolean;
}

/** Text without accents, in lower case. */
export function foldText(text: string): string {
  return foldDiacritics(text).toLowerCase();
}

/** Text without accents. */
export function foldDiacritics(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').normalize('NFC').replaceAll('ı', 'i');
}

/** The indexed form of one word: folded, and cut to its stem in a language that has one. */
export function termOf(word: string, language: TextLanguage): string {
  const folded = foldText(word);
  return language === 'english' ? stem(folded) : folded;
}

/** Without the apostrophes around it. A pattern for those at the end would look for them behind each one inside. */
function withoutQuotes(word: string): string {
  let start = 0;
  let end = word.length;
  while (word[start] === "'") start += 1;
  while (end > start && word[end - 1] === "'") end -= 1;
  return word.slice(start, end);
}

/** The words of a text in order. Apostrophes belong to English words. */
export function* tokensOf(text: string, language: TextLanguage): Generator<TextToken> {
  for (const [word] of text.matchAll(
    language === 'english' ? /[\p{L}\p{N}\p{M}_']+/gu : /[\p{L}\p{N}\p{M}_]+/gu,
  )) {
    const bare = withoutQuotes(word);
    if (bare === '') continue;
    const folded = foldText(bare);
    yield {
      term: language === 'english' ? stem(folded) : folded,
      word: bare,
      isStopWord: language === 'english' && STOP_WORDS.has(folded),
    };
  }
}
