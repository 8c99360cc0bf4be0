import type { Document, IndexSpec } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { tokensOf, type TextLanguage } from './text-tokens.ts';

/** One indexed string of a document. */
export interface TextField {
  readonly text: string;
  readonly weight: number;
  readonly language: TextLanguage;
}

const LANGUAGES: Readonly<Record<string, TextLanguage>> = {
  english: 'english',
  en: 'english',
  none: 'none',
};

/**
 * The language of a text index or query.
 *
 * @throws StoreError 2 for a language this store has no words of; `none` always works.
 */
export function parseTextLanguage(given: unknown): TextLanguage {
  if (given === undefined) return 'english';
  const language = typeof given === 'string' ? LANGUAGES[given.toLowerCase()] : undefined;
  if (language === undefined)
    throw new StoreError('BadValue', `unsupported language: ${JSON.stringify(given)}`);
  return language;
}

/** The language a text index is read in unless a document says otherwise. */
export function indexLanguage(index: IndexSpec): TextLanguage {
  return parseTextLanguage(index.defaultLanguage);
}

function isObject(value: unknown): value is Document {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)
  );
}

function* stringsAt(value: unknown, parts: readonly string[], from: number): Generator<string> {
  if (Array.isArray(value)) {
    for (const element of value as readonly unknown[]) yield* stringsAt(element, parts, from);
    return;
  }
  if (from === parts.length) {
    if (typeof value === 'string') yield value;
    return;
  }
  const name = parts[from] ?? '';
  if (isObject(value) && Object.hasOwn(value, name)) yield* stringsAt(value[name], parts, from + 1);
}

function* allStrings(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (Array.isArray(value))
    for (const element of value as readonly unknown[]) yield* allStrings(element);
  else if (isObject(value) && !('_bsontype' in value))
    for (const inner of Object.values(value)) yield* allStrings(inner);
}

function languageOf(document: Document, index: IndexSpec): TextLanguage {
  const override = index.given['language_override'];
  const field = typeof override === 'string' ? override : 'language';
  const given = Object.hasOwn(document, field) ? document[field] : undefined;
  const isKnown = typeof given === 'string' && Object.hasOwn(LANGUAGES, given.toLowerCase());
  return isKnown ? parseTextLanguage(given) : indexLanguage(index);
}

/** The paths a text index covers, with their weights; the wildcard is `$**`. */
export function textPaths(index: IndexSpec): readonly (readonly [path: string, weight: number])[] {
  const weights = index.weights ?? {};
  const paths = new Map(
    index.key
      .filter(([, direction]) => direction === 'text')
      .map(([path]) => [path, weights[path] ?? 1]),
  );
  // A stored specification lists the key as `_fts` and the paths by weight alone.
  for (const [path, weight] of Object.entries(weights)) paths.set(path, weight);
  paths.delete('_fts');
  return [...paths];
}

/** Every indexed string of a document. */
export function textFields(document: Document, index: IndexSpec): readonly TextField[] {
  const language = languageOf(document, index);
  return textPaths(index).flatMap(([path, weight]) => {
    const texts = path === '$**' ? allStrings(document) : stringsAt(document, path.split('.'), 0);
    return [...texts].map((text) => ({ text, weight, language }));
  });
}

/**
 * The terms a text index holds for a document, each once: folded, stemmed, without stop words.
 *
 * `{title: 'The Running Fox'}` becomes `['run', 'fox']`.
 */
export function textTerms(document: Document, index: IndexSpec): readonly string[] {
  const terms = new Set<string>();
  for (const { text, language } of textFields(document, index)) {
    for (const { term, isStopWord } of tokensOf(text, language)) if (!isStopWord) terms.add(term);
  }
  return [...terms];
}
