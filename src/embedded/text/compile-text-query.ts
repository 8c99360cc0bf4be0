import type { Document, IndexSpec } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { indexLanguage, parseTextLanguage, textFields, type TextField } from './text-fields.ts';
import { foldDiacritics, termOf, tokensOf, type TextLanguage } from './text-tokens.ts';

/** The question in a `$text`: any of the terms, all phrases, none of the negated. */
export interface TextQuery {
  readonly language: TextLanguage;
  /** Indexed forms of the wanted words, those of phrases included. */
  readonly terms: readonly string[];
  readonly words: readonly string[];
  readonly negatedTerms: readonly string[];
  readonly negatedWords: readonly string[];
  readonly phrases: readonly string[];
  readonly negatedPhrases: readonly string[];
  readonly caseSensitive: boolean;
  readonly diacriticSensitive: boolean;
}

function refuse(message: string): never {
  throw new StoreError('BadValue', message);
}

function flag(value: unknown, name: string): boolean {
  if (value === undefined) return false;
  return typeof value === 'boolean' ? value : refuse(`${name} requires a boolean value`);
}

/**
 * Reads the operand of `$text`: `coffee "flat white" -decaf`.
 *
 * @throws StoreError 2 for a malformed operand or an unknown language.
 * @see https://www.mongodb.com/docs/manual/reference/operator/query/text/
 */
export function parseTextQuery(operand: unknown, index: IndexSpec): TextQuery {
  if (typeof operand !== 'object' || operand === null || Array.isArray(operand))
    return refuse('$text expects an object');
  const { $search, $language, $caseSensitive, $diacriticSensitive, ...others } =
    operand as Document;
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) refuse(`extra fields in $text: ${unknown}`);
  if (typeof $search !== 'string') return refuse('$search requires a string value');
  const language = $language === undefined ? indexLanguage(index) : parseTextLanguage($language);
  const parts = partsOf($search);
  const words = wordsOf(parts.wanted.join(' '), language);
  const negatedWords = wordsOf(parts.negated.join(' '), language);
  return {
    language,
    words,
    terms: termsOf(words, language),
    negatedWords,
    negatedTerms: termsOf(negatedWords, language),
    phrases: parts.phrases,
    negatedPhrases: parts.negatedPhrases,
    caseSensitive: flag($caseSensitive, '$caseSensitive'),
    diacriticSensitive: flag($diacriticSensitive, '$diacriticSensitive'),
  };
}

function partsOf(
  search: string,
): Record<'wanted' | 'negated' | 'phrases' | 'negatedPhrases', string[]> {
  const parts = {
    wanted: [] as string[],
    negated: [] as string[],
    phrases: [] as string[],
    negatedPhrases: [] as string[],
  };
  for (const [, dash, phrase, word] of search.matchAll(/(?<=^|\s)(-)?"([^"]*)"?|(\S+)/g)) {
    if (phrase !== undefined) {
      if (dash === undefined) parts.wanted.push(phrase);
      if (phrase.trim() !== '')
        (dash === undefined ? parts.phrases : parts.negatedPhrases).push(phrase);
    } else if (word !== undefined) {
      if (word.startsWith('-') && word.length > 1) parts.negated.push(word.slice(1));
      else parts.wanted.push(word);
    }
  }
  return parts;
}

function wordsOf(text: string, language: TextLanguage): string[] {
  return [...tokensOf(text, language)]
    .filter(({ isStopWord }) => !isStopWord)
    .map(({ word }) => word);
}

function termsOf(words: readonly string[], language: TextLanguage): string[] {
  return [...new Set(words.map((word) => termOf(word, language)))];
}

/** How text is folded for the comparisons that are case or diacritic sensitive. */
function folding(query: TextQuery): (text: string) => string {
  return (text) => {
    const accents = query.diacriticSensitive ? text : foldDiacritics(text);
    return query.caseSensitive ? accents : accents.toLowerCase();
  };
}

/** The terms of a text's words, in the query's own folding when it is sensitive. */
function counter(query: TextQuery): (field: TextField) => Map<string, number> {
  const isSensitive = query.caseSensitive || query.diacriticSensitive;
  const fold = folding(query);
  return ({ text, language }) => {
    const counts = new Map<string, number>();
    for (const { term, word, isStopWord } of tokensOf(text, language)) {
      if (isStopWord) continue;
      const key = isSensitive ? fold(word) : term;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  };
}

/** A word counts 1 + 1/2 + 1/4 … for its repetitions, times how much of the field it is, times the weight. */
function termScore(count: number, total: number, weight: number): number {
  let frequency = 0;
  for (let index = 0; index < count && index < 60; index++) frequency += 1 / 2 ** index;
  return weight * frequency * (0.5 * (count / total) + 0.5);
}

/**
 * Compiles a `$text` into a scoring of documents: undefined for one that does not match.
 *
 * A document matches when it has any of the words, every phrase, and none of the negated words.
 *
 * @throws StoreError 2 as `parseTextQuery`.
 */
export function compileTextQuery(
  operand: unknown,
  index: IndexSpec,
): (document: Document) => number | undefined {
  const query = parseTextQuery(operand, index);
  const isSensitive = query.caseSensitive || query.diacriticSensitive;
  const fold = folding(query);
  const wanted = new Set(isSensitive ? query.words.map(fold) : query.terms);
  const unwanted = new Set(isSensitive ? query.negatedWords.map(fold) : query.negatedTerms);
  const phrases = query.phrases.map(fold);
  const negatedPhrases = query.negatedPhrases.map(fold);
  const count = counter(query);
  return (document) => {
    const fields = textFields(document, index);
    let score = 0;
    for (const field of fields) {
      const counts = count(field);
      if ([...unwanted].some((term) => counts.has(term))) return undefined;
      const total = [...counts.values()].reduce((sum, each) => sum + each, 0);
      for (const term of wanted) {
        const times = counts.get(term);
        if (times !== undefined) score += termScore(times, total, field.weight);
      }
    }
    if (score === 0) return undefined;
    const holds = (phrase: string): boolean =>
      fields.some(({ text }) => fold(text).includes(phrase));
    return phrases.every(holds) && !negatedPhrases.some(holds) ? score : undefined;
  };
}
