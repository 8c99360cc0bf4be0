import { isRecord } from '../../server/setting-parsers.ts';
import { BadRow, type Row } from './row.ts';

/** The list inside Parse's export format. */
const RESULTS = /^\s*\{\s*"results"\s*:\s*(?=\[)/;

/**
 * The objects of a JSON text: one array, Parse's export `{"results": […]}`, or one object on each line.
 * @throws BadRow for what is no object, with its line.
 */
export function* readJsonRows(text: string): Generator<Row> {
  const start = RESULTS.exec(text)?.[0].length ?? text.search(/\S/);
  if (text.charAt(start) === '[') yield* readElements(text, start);
  else yield* readLines(text);
}

function* readLines(text: string): Generator<Row> {
  let line = 0;
  for (const each of text.split('\n')) {
    line += 1;
    if (each.trim() !== '') yield parseRow(each, line);
  }
}

/** Each element of the array that begins at `start`; only its own text is parsed, so a fault is found where it is. */
function* readElements(text: string, start: number): Generator<Row> {
  let line = 1 + countBreaks(text, 0, start);
  let position = start + 1;
  while (position < text.length) {
    const gap = /[^\s,]/g;
    gap.lastIndex = position;
    const begin = gap.exec(text)?.index ?? text.length;
    line += countBreaks(text, position, begin);
    if (text.charAt(begin) === ']') return;
    const end = endOfElement(text, begin);
    if (begin < text.length) yield parseRow(text.slice(begin, end), line);
    line += countBreaks(text, begin, end);
    position = end;
  }
  throw new BadRow(line, 'the list does not end');
}

/** Where the element ends that begins at `begin`: at the comma or bracket behind it. */
function endOfElement(text: string, begin: number): number {
  const marks = /["[\]{},]/g;
  marks.lastIndex = begin;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    const [character] = mark;
    if (character === '"') {
      marks.lastIndex = endOfString(text, mark.index);
    } else if (character === '[' || character === '{') {
      depth += 1;
    } else if (depth === 0) {
      return mark.index;
    } else if (character !== ',') {
      depth -= 1;
    }
  }
  return text.length;
}

function endOfString(text: string, begin: number): number {
  const ends = /["\\]/g;
  ends.lastIndex = begin + 1;
  for (let mark = ends.exec(text); mark !== null; mark = ends.exec(text)) {
    if (mark[0] === '"') return mark.index + 1;
    ends.lastIndex = mark.index + 2;
  }
  return text.length;
}

function parseRow(text: string, line: number): Row {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BadRow(line, error instanceof Error ? error.message : 'this is no JSON');
  }
  if (!isRecord(value)) throw new BadRow(line, 'expected an object');
  return { line, fields: value };
}

function countBreaks(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) {
    count += 1;
  }
  return count;
}
