const HAS_VOWEL = /[aeiouy]/;

const remembered = new Map<string, string>();
const MAX_REMEMBERED = 50_000;

const EXCEPTIONS: Readonly<Record<string, string>> = {
  skis: 'ski',
  skies: 'sky',
  dying: 'die',
  lying: 'lie',
  tying: 'tie',
  idly: 'idl',
  gently: 'gentl',
  ugly: 'ugli',
  early: 'earli',
  only: 'onli',
  singly: 'singl',
  sky: 'sky',
  news: 'news',
  howe: 'howe',
  atlas: 'atlas',
  cosmos: 'cosmos',
  bias: 'bias',
  andes: 'andes',
};

const SECOND: readonly (readonly [suffix: string, replacement: string])[] = [
  ['ization', 'ize'],
  ['ational', 'ate'],
  ['fulness', 'ful'],
  ['ousness', 'ous'],
  ['iveness', 'ive'],
  ['tional', 'tion'],
  ['biliti', 'ble'],
  ['lessli', 'less'],
  ['entli', 'ent'],
  ['ation', 'ate'],
  ['alism', 'al'],
  ['aliti', 'al'],
  ['ousli', 'ous'],
  ['iviti', 'ive'],
  ['fulli', 'ful'],
  ['enci', 'ence'],
  ['anci', 'ance'],
  ['abli', 'able'],
  ['izer', 'ize'],
  ['ator', 'ate'],
  ['alli', 'al'],
  ['bli', 'ble'],
];

const THIRD: readonly (readonly [suffix: string, replacement: string])[] = [
  ['ational', 'ate'],
  ['tional', 'tion'],
  ['alize', 'al'],
  ['icate', 'ic'],
  ['iciti', 'ic'],
  ['ical', 'ic'],
  ['ful', ''],
  ['ness', ''],
];

const FOURTH = [
  'ement',
  'ance',
  'ence',
  'able',
  'ible',
  'ment',
  'ant',
  'ent',
  'ism',
  'ate',
  'iti',
  'ous',
  'ive',
  'ize',
  'al',
  'er',
  'ic',
];

/** Where the part after the first consonant that follows a vowel begins. */
function regionAfter(word: string, from: number): number {
  for (let index = from + 1; index < word.length; index++) {
    if (!HAS_VOWEL.test(word[index] ?? '') && HAS_VOWEL.test(word[index - 1] ?? ''))
      return index + 1;
  }
  return word.length;
}

function firstRegion(word: string): number {
  const prefix = /^(?:gener|commun|arsen)/.exec(word);
  return prefix === null ? regionAfter(word, 0) : prefix[0].length;
}

function endsShort(word: string): boolean {
  return /(?:^[aeiouy][^aeiouy]|[^aeiouy][aeiouy][^aeiouwxyY])$/.test(word);
}

function isShort(word: string, region: number): boolean {
  return region >= word.length && endsShort(word);
}

function withoutPlural(word: string): string {
  if (word.endsWith('sses')) return word.slice(0, -2);
  if (/(?:ied|ies)$/.test(word)) return word.length > 4 ? word.slice(0, -2) : word.slice(0, -1);
  if (/(?:us|ss)$/.test(word)) return word;
  return word.endsWith('s') && HAS_VOWEL.test(word.slice(0, -2)) ? word.slice(0, -1) : word;
}

function withoutPast(word: string, region: number): string {
  const agreed = /(?:eedly|eed)$/.exec(word);
  if (agreed !== null) {
    return agreed.index >= region ? `${word.slice(0, agreed.index)}ee` : word;
  }
  const past = /(?:ingly|edly|ing|ed)$/.exec(word);
  if (past === null) return word;
  const base = word.slice(0, past.index);
  if (!HAS_VOWEL.test(base)) return word;
  if (/(?:at|bl|iz)$/.test(base)) return `${base}e`;
  if (/(?:bb|dd|ff|gg|mm|nn|pp|rr|tt)$/.test(base)) return base.slice(0, -1);
  return isShort(base, region) ? `${base}e` : base;
}

type Replacements = readonly (readonly [suffix: string, replacement: string])[];

function replaced(word: string, region: number, table: Replacements): string {
  const entry = table.find(([suffix]) => word.endsWith(suffix));
  if (entry === undefined) return word;
  const start = word.length - entry[0].length;
  return start >= region ? word.slice(0, start) + entry[1] : word;
}

function secondStep(word: string, region: number): string {
  const result = replaced(word, region, SECOND);
  if (result !== word || SECOND.some(([suffix]) => word.endsWith(suffix))) return result;
  if (word.endsWith('logi') && word.length - 3 >= region) return word.slice(0, -1);
  return /[cdeghkmnrt]li$/.test(word) && word.length - 2 >= region ? word.slice(0, -2) : word;
}

function fourthStep(word: string, region: number): string {
  const suffix = FOURTH.find((each) => word.endsWith(each));
  if (suffix !== undefined) {
    const start = word.length - suffix.length;
    return start >= region ? word.slice(0, start) : word;
  }
  return /[st]ion$/.test(word) && word.length - 3 >= region ? word.slice(0, -3) : word;
}

function lastStep(word: string, first: number, second: number): string {
  const end = word.length - 1;
  if (word.endsWith('e')) {
    const isCut = end >= second || (end >= first && !endsShort(word.slice(0, -1)));
    return isCut ? word.slice(0, -1) : word;
  }
  return word.endsWith('ll') && end >= second ? word.slice(0, -1) : word;
}

function stemWord(given: string): string {
  const exception = Object.hasOwn(EXCEPTIONS, given) ? EXCEPTIONS[given] : undefined;
  if (exception !== undefined) return exception;
  const bare = given.replace(/'(?:s'?)?$/, '');
  if (bare.length <= 2) return bare;
  const consonant = bare.replace(/^y/, 'Y').replace(/([aeiouy])y/g, '$1Y');
  const first = firstRegion(consonant);
  const second = regionAfter(consonant, first);
  let word = withoutPlural(consonant);
  word = withoutPast(word, first);
  word = word.replace(/(.[^aeiouyY])[yY]$/, '$1i');
  word = secondStep(word, first);
  word =
    word.endsWith('ative') && word.length - 5 >= second
      ? word.slice(0, -5)
      : replaced(word, first, THIRD);
  word = fourthStep(word, second);
  return lastStep(word, first, second).toLowerCase();
}

/**
 * Cuts an English word in lower case to its stem by the Porter2 rules: `running` and `runs` become `run`.
 *
 * @see https://snowballstem.org/algorithms/english/stemmer.html
 */
export function stem(word: string): string {
  const known = remembered.get(word);
  if (known !== undefined) return known;
  const result = /^[a-z']+$/.test(word) ? stemWord(word) : word;
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(word, result);
  return result;
}
