import { StoreError } from '../../errors.ts';
import { coverPoint, coverRegion } from '../../geo/cells.ts';
import { visitPath } from '../../query/paths.ts';
import { parseTextQuery } from '../../text/compile-text-query.ts';
import { textTerms } from '../../text/text-fields.ts';
import type { Document, IndexDirection } from '../engine.ts';
import { inverted, pointInterval, type KeyInterval } from './key-range.ts';
import { pathTuples } from './path-tuples.ts';
import type { Clause } from '../plan/predicates.ts';
import type { PreparedIndex, PreparedPart } from './prepared-index.ts';
import { encodeValueKey } from './value-key.ts';

/** The cell that geo/ gives to positions on the plane that are not on the globe. */
const OFF_THE_GLOBE = 'f'.repeat(16);

/** Whether a part's keys are more than values: cells of a geometry or words of a text. */
export function isSpecial(direction: IndexDirection): boolean {
  return direction === '2d' || direction === '2dsphere' || direction === 'text';
}

/** Whether a document's keys are more than its values. */
export function hasSpecialParts(index: PreparedIndex): boolean {
  return index.parts.some(({ direction }) => isSpecial(direction));
}

/**
 * The parts that make up a key: all text parts of an index together are one, at the place of the first,
 * and `_ftsx`, by which a listed text index shows its second column, is none.
 */
export function keyParts(index: PreparedIndex): readonly PreparedPart[] {
  const firstText = index.parts.findIndex(({ direction }) => direction === 'text');
  if (firstText < 0) return index.parts;
  return index.parts.filter(
    ({ direction, path }, place) =>
      place === firstText || (direction !== 'text' && path !== '_ftsx'),
  );
}

/** Keys as they are made, before doubles are dropped and long ones cut. */
export interface WholeKeys {
  readonly keys: readonly Buffer[];
  readonly arrayPaths: readonly string[];
}

/**
 * Keys of a geo or text index: one for every cell or word, with the values of the other parts.
 * A document without a location or a word is not in the index.
 *
 * @throws StoreError 16755 for what is no geometry in a 2dsphere index.
 */
export function specialKeys(index: PreparedIndex, document: Document): WholeKeys {
  const parts = keyParts(index);
  const ordered = parts.filter(({ direction }) => !isSpecial(direction));
  const { tuples, arrayPaths } = pathTuples(
    document,
    ordered.map((part) => part.parts),
  );
  const special = new Map(
    parts
      .filter(({ direction }) => isSpecial(direction))
      .map((part) => [part, piecesOf(index, part, document)]),
  );
  const keys = tuples.flatMap((tuple) => {
    let made: Buffer[] = [Buffer.alloc(0)];
    for (const part of parts) {
      const pieces = special.get(part) ?? [encodePart(index, part, tuple[ordered.indexOf(part)])];
      made = made.flatMap((key) => pieces.map((piece) => Buffer.concat([key, piece])));
    }
    return made;
  });
  return { keys, arrayPaths };
}

function encodePart(index: PreparedIndex, { isDescending }: PreparedPart, value: unknown): Buffer {
  const encoded = encodeValueKey(value, index.fold);
  return isDescending ? inverted(encoded) : encoded;
}

function piecesOf(
  index: PreparedIndex,
  { direction, path, parts }: PreparedPart,
  document: Document,
): readonly Buffer[] {
  if (direction === 'text') {
    return textTerms(document, index.spec).map((term) => encodeValueKey(term));
  }
  const pieces: Buffer[] = [];
  visitPath(document, parts, false, (value) => {
    if (value === undefined || value === null) return false;
    const cells = coverPoint(value);
    const isEmpty = Array.isArray(value) && value.length === 0;
    const isPlace = cells.length > 0 && !cells.includes(OFF_THE_GLOBE);
    if (direction === '2dsphere' && !isPlace && !isEmpty) throw noGeometry(path, value);
    pieces.push(...cells.map(cellPiece));
    return false;
  });
  return pieces;
}

function cellPiece(cell: string): Buffer {
  return Buffer.from(cell, 'hex');
}

function noGeometry(path: string, value: unknown): StoreError {
  return new StoreError(
    'BadValue',
    `Can't extract geo keys: unknown GeoJSON type or location out of bounds in field ${path}: ${JSON.stringify(value)}`,
    { code: 16755 },
  );
}

/** The bounds that a clause sets to a geo or text part; undefined when it sets none. */
export function specialIntervals(
  index: PreparedIndex,
  { direction, path }: PreparedPart,
  clause: Clause,
): readonly KeyInterval[] | undefined {
  if (direction === 'text') {
    if (clause.text === undefined) return undefined;
    const { terms } = parseTextQuery(clause.text, index.spec);
    return terms.map((term) => pointInterval(encodeValueKey(term)));
  }
  const geo = clause.predicates.find(
    (predicate) => predicate.kind === 'geo' && predicate.path === path,
  );
  const ranges = geo?.kind === 'geo' ? coverRegion(geo.condition) : undefined;
  if (ranges === undefined) return undefined;
  return ranges.map(([low, high]): KeyInterval => ({
    low: { bytes: cellPiece(low), isInclusive: true },
    high: { bytes: cellPiece(high), isInclusive: true },
    isPoint: false,
  }));
}
