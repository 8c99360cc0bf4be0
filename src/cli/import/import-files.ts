import { readFile } from 'node:fs/promises';
import { OPEN_PERMISSIONS } from '../../parse/class-permissions.ts';
import type { ClassSchema } from '../../parse/class-schema.ts';
import { GatewayError } from '../../parse/errors.ts';
import { isFieldName, isJoinName } from '../../parse/names.ts';
import { UnexpectedValue, parseWhole } from '../../server/setting-parsers.ts';
import { SettingsError } from '../../server/settings-error.ts';
import { describeSetting, readSettings } from '../../server/settings.ts';
import type { BulkWriter } from '../../storage/bulk-writer.ts';
import { openMongoBulkWriter } from '../../storage/mongo/mongo-bulk-writer.ts';
import type { CommandIo, Flags } from '../command-io.ts';
import { CommandFailure, UsageError } from '../failure.ts';
import { createProgressLine, type ProgressLine } from '../progress.ts';
import { readCsvRows } from './csv-rows.ts';
import { decodeRow, type KnownColumns } from './decode-row.ts';
import { readJsonRows } from './json-rows.ts';
import { BadRow, type Row } from './row.ts';

export interface ImportArguments {
  /** A class, or `_Join:field:Class` for the rows of a relation. */
  readonly className: string;
  readonly files: readonly string[];
  readonly flags: Flags;
}

/** How far an import has come, over all of its files. */
interface Tally {
  objects: number;
  readonly progress: ProgressLine;
}

/**
 * Imports files into a class, one batch after the other: a batch is checked as a whole before any of it is written. Objects whose
 * id is stored already are updated; the class and its columns are declared as they appear.
 *
 * @throws CommandFailure with file and line of the first row that does not fit; what came before its batch is imported.
 */
export async function importFiles(
  { className, files, flags }: ImportArguments,
  io: CommandIo,
): Promise<void> {
  const { databaseURI, collectionPrefix } = readSettings(flags, io.environment);
  if (databaseURI === undefined) {
    throw new SettingsError(
      `${describeSetting('databaseURI')} is missing: expected the MongoDB URI of the database to import into`,
    );
  }
  if (!isFieldName(className) && !isJoinName(className)) {
    throw new UsageError(
      `${className} is no class to import into: expected letters, digits and _, a letter first`,
    );
  }
  const batchObjects = parseBatch(flags['batch']);
  const writer = await openMongoBulkWriter({ uri: databaseURI, collectionPrefix }).catch(
    (error: unknown) => {
      throw new CommandFailure(
        `${describeSetting('databaseURI')}: the database cannot be opened: ${messageOf(error)}`,
        { cause: error },
      );
    },
  );
  const tally: Tally = { objects: 0, progress: createProgressLine(`importing ${className}`, io) };
  try {
    for (const file of files) await importFile({ className, file, batchObjects }, writer, tally);
  } finally {
    tally.progress.finish(
      `imported ${tally.objects.toLocaleString('en')} objects into ${className}`,
    );
    await writer.close();
  }
}

interface FileImport {
  readonly className: string;
  readonly file: string;
  readonly batchObjects: number;
}

async function importFile(
  { className, file, batchObjects }: FileImport,
  writer: BulkWriter,
  tally: Tally,
): Promise<void> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`);
  });
  try {
    const rows = /\.csv$/i.test(file)
      ? readCsvRows(text, await writer.readClass(className))
      : readJsonRows(text.replace(/^\uFEFF/, ''));
    for (const { batch, line } of batches(rows, batchObjects)) {
      if (isJoinName(className)) await writeJoinRows(className, batch, writer);
      else await writeBatch(className, batch, writer);
      tally.objects += batch.length;
      tally.progress.update(line, text.split('\n').length);
    }
  } catch (error) {
    if (error instanceof BadRow)
      throw new CommandFailure(`${file} line ${error.line}: ${error.message}`);
    if (error instanceof GatewayError) throw new CommandFailure(`${file}: ${error.message}`);
    throw error;
  }
}

async function writeBatch(
  className: string,
  batch: readonly Row[],
  writer: BulkWriter,
): Promise<void> {
  const known = await writer.readClass(className);
  const columns: KnownColumns = new Map(
    [...(known?.fields ?? [])].map(([name, { type }]) => [name, type]),
  );
  const objects = batch.map((row) => decodeRow(className, row, columns));
  const schema = schemaOf(className, columns);
  await writer.declareClass(schema);
  await writer.upsert(schema, objects);
}

function schemaOf(className: string, columns: KnownColumns): ClassSchema {
  return {
    className,
    permissions: OPEN_PERMISSIONS,
    indexes: new Map(),
    fields: new Map(
      [...columns].map(([name, type]) => [
        name,
        { name, type, isRequired: false, defaultValue: undefined },
      ]),
    ),
  };
}

async function writeJoinRows(
  joinName: string,
  batch: readonly Row[],
  writer: BulkWriter,
): Promise<void> {
  const [, field = '', ownerClass = ''] = joinName.split(':');
  const pairs = batch.map(({ line, fields: { owningId, relatedId } }) => {
    if (typeof owningId === 'string' && typeof relatedId === 'string') {
      return { ownerId: owningId, relatedId };
    }
    throw new BadRow(line, 'expected owningId and relatedId');
  });
  await writer.relate({ ownerClass, field, pairs });
}

function* batches(
  rows: Iterable<Row>,
  size: number,
): Generator<{ readonly batch: readonly Row[]; readonly line: number }> {
  let batch: Row[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length === size) {
      yield { batch, line: row.line };
      batch = [];
    }
  }
  const last = batch.at(-1);
  if (last !== undefined) yield { batch, line: last.line };
}

function parseBatch(text: unknown): number {
  try {
    return parseWhole(1, 100_000)(typeof text === 'string' ? text : '1000');
  } catch (error) {
    if (error instanceof UnexpectedValue) throw new UsageError(`--batch: ${error.message}`);
    throw error;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
