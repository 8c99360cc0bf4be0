import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { printApi } from '../api/print-api.ts';
import type { ClassCatalog } from '../parse/class-schema.ts';
import { readSettings } from '../server/settings.ts';
import { buildCatalog } from '../storage/mongo/class-schema-codec.ts';
import type { CommandIo, Flags } from './command-io.ts';
import { UsageError } from './failure.ts';
import { withDatabase } from './with-database.ts';

/** What `print-schema` was asked for, besides the settings. */
export interface PrintSchemaFlags extends Flags {
  /** A folder of class schemas as stored, one JSON file each, instead of a database. */
  readonly classes?: string;
  /** A file to write instead of standard output. */
  readonly out?: string;
}

/** Prints the SDL of the API: of the classes in a folder, of the database of the settings, or of the demo. */
export async function printSchema(flags: PrintSchemaFlags, io: CommandIo): Promise<void> {
  const sdl =
    flags.classes === undefined
      ? await schemaOfDatabase(flags, io)
      : printApi(await readClasses(flags.classes, io));
  if (flags.out === undefined) io.print(sdl.trimEnd());
  else await writeFile(flags.out, sdl);
}

async function readClasses(directory: string, io: CommandIo): Promise<ClassCatalog> {
  const files = await readdir(directory).catch(() => {
    throw new UsageError(`--classes: ${directory} is no folder that can be read`);
  });
  const names = files.filter((file) => file.endsWith('.json')).sort();
  if (names.length === 0) throw new UsageError(`--classes: ${directory} holds no .json files`);
  const rows = await Promise.all(names.map((name) => readRow(join(directory, name))));
  return buildCatalog(rows, (line) => io.errors.write(`${line}\n`));
}

async function readRow(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as unknown;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--classes: ${file} is no JSON: ${reason}`);
  }
}

async function schemaOfDatabase(flags: Flags, io: CommandIo): Promise<string> {
  const settings = readSettings(flags, io.environment);
  if (settings.databaseURI === undefined) return schemaOfDemo(io);
  return withDatabase(settings, ({ catalog, graphqlConfig }) =>
    Promise.resolve(printApi(catalog, { graphqlConfig })),
  );
}

async function schemaOfDemo(io: CommandIo): Promise<string> {
  const [{ DEMO_CLASSES }, { encodeClassSchema }] = await Promise.all([
    import('./demo/classes.ts'),
    import('../storage/mongo/class-schema-codec.ts'),
  ]);
  io.errors.write('No database is named: this is the schema of the demo.\n');
  return printApi(buildCatalog(DEMO_CLASSES.map(encodeClassSchema), () => undefined));
}
