import { ReadConcern, ReadPreference, WriteConcern, type Document } from 'mongodb';
import { isPlainDocument, numericValue } from './bson-types.ts';
import type { SpecDocument } from './spec-file.ts';

/** A document argument. @throws Error when it is missing or something else. */
export function documentArgument(args: SpecDocument, name: string): Document {
  const value = args[name];
  if (!isPlainDocument(value)) throw new Error(`argument ${name} must be a document`);
  return value;
}

/** A document argument that may be left out. */
export function optionalDocument(args: SpecDocument, name: string): Document | undefined {
  return args[name] === undefined ? undefined : documentArgument(args, name);
}

/** A list of documents. @throws Error when it is missing or something else. */
export function documentList(args: SpecDocument, name: string): Document[] {
  const value = args[name];
  if (!Array.isArray(value) || !value.every(isPlainDocument)) {
    throw new Error(`argument ${name} must be a list of documents`);
  }
  return value;
}

/** A pipeline, which is empty when it is left out. */
export function pipelineArgument(args: SpecDocument): Document[] {
  return args['pipeline'] === undefined ? [] : documentList(args, 'pipeline');
}

/** A filter, which matches everything when it is left out. */
export function filterArgument(args: SpecDocument): Document {
  return optionalDocument(args, 'filter') ?? {};
}

/** An update: operators, or a pipeline. @throws Error when it is neither. */
export function updateArgument(args: SpecDocument, name: string): Document | Document[] {
  return Array.isArray(args[name]) ? documentList(args, name) : documentArgument(args, name);
}

/** A text argument. @throws Error when it is missing or something else. */
export function textArgument(args: SpecDocument, name: string): string {
  const value = args[name];
  if (typeof value !== 'string') throw new Error(`argument ${name} must be text`);
  return value;
}

/** A whole or fractional number. @throws Error when it is missing or something else. */
export function numberArgument(args: SpecDocument, name: string): number {
  const value = numericValue(args[name]);
  if (value === undefined) throw new Error(`argument ${name} must be a number`);
  return Number(value);
}

/** All arguments but the named ones, as the driver's options. */
export function optionsWithout(args: SpecDocument, ...names: readonly string[]): Document {
  return Object.fromEntries(Object.entries(args).filter(([name]) => !names.includes(name)));
}

/** The one named argument as the driver's options; no options when it is missing. */
export function onlyOption(args: SpecDocument, name: string): Document {
  return args[name] === undefined ? {} : { [name]: args[name] };
}

/**
 * Concerns and preferences as the driver's objects, cursor types as its flags; everything else unchanged.
 *
 * `{ readPreference: { mode: 'secondary' } }` becomes `{ readPreference: ReadPreference(secondary) }`.
 */
export function decodeCommonOptions(args: SpecDocument): Document {
  const { readConcern, readPreference, writeConcern, cursorType, ...rest } = args;
  return {
    ...rest,
    ...(isPlainDocument(readConcern) && { readConcern: ReadConcern.fromOptions(readConcern) }),
    ...(isPlainDocument(readPreference) && { readPreference: decodePreference(readPreference) }),
    ...(isPlainDocument(writeConcern) && { writeConcern: decodeWriteConcern(writeConcern) }),
    ...(cursorType === 'tailable' && { tailable: true }),
    ...(cursorType === 'tailableAwait' && { tailable: true, awaitData: true }),
  };
}

function decodeWriteConcern(given: Document): WriteConcern {
  const { w, journal, wtimeoutMS }: { w?: number; journal?: boolean; wtimeoutMS?: number } = given;
  return new WriteConcern(w, wtimeoutMS, journal);
}

function decodePreference(given: Document): ReadPreference {
  const { mode, tagSets, maxStalenessSeconds, hedge }: PreferenceArgument = given;
  const options = {
    ...(maxStalenessSeconds !== undefined && { maxStalenessSeconds }),
    ...(hedge !== undefined && { hedge }),
  };
  return ReadPreference.fromOptions({
    readPreference: new ReadPreference(mode ?? 'primary', tagSets, options),
  })!;
}

interface PreferenceArgument {
  readonly mode?: 'primary' | 'primaryPreferred' | 'secondary' | 'secondaryPreferred' | 'nearest';
  readonly tagSets?: Record<string, string>[];
  readonly maxStalenessSeconds?: number;
  readonly hedge?: { enabled?: boolean };
}
