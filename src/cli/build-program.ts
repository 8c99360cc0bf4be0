import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { SETTINGS, type SettingName } from '../server/setting-table.ts';
import type { CleanFilesFlags } from './clean-files.ts';
import type { CommandIo, Flags } from './command-io.ts';
import type { ExplainAccessFlags } from './explain-access.ts';
import type { StoreFlags } from './store.ts';

/** Settings that say which database is meant. */
const DATABASE_SETTINGS: readonly SettingName[] = ['databaseURI', 'collectionPrefix'];

/**
 * The command line: one command for each file beside this one, loaded when it is called. Errors are thrown, `--help` and
 * `--version` included (as commander's error with exit code 0).
 */
export function buildProgram(io: CommandIo): Command {
  const program = new Command('parse-graphql-gateway')
    .description('Serves a MongoDB database that Parse Server wrote as GraphQL.')
    .version(readVersion(), '-v, --version', 'Print the version.')
    .helpOption('-h, --help', 'Print this help.')
    .helpCommand(false)
    .configureOutput({
      outputError: (text, write) => {
        write(`${text.trim().replace(/\s*\n/g, ' ')}; see --help\n`);
      },
    })
    .exitOverride();

  withSettings(
    program.command('serve', { isDefault: true }),
    Object.keys(SETTINGS) as SettingName[],
  )
    .description('Serve a database (the default command). Without --databaseURI: a demo.')
    .addHelpText(
      'after',
      examples(
        'parse-graphql-gateway serve',
        'parse-graphql-gateway serve --databaseURI mongodb://localhost:27017/parse --appId myApp --masterKey …',
      ),
    )
    .action(async (flags: Flags) => {
      const { serve } = await import('./serve.ts');
      await serve(flags, io);
    });

  withSettings(program.command('print-schema'), DATABASE_SETTINGS)
    .description('Print the GraphQL schema (SDL) of a database, or of class schemas in files.')
    .option('--classes <folder>', 'Take the classes from JSON files, as stored in _SCHEMA.')
    .option('--out <file>', 'Write to this file instead of standard output.')
    .addHelpText(
      'after',
      examples(
        'parse-graphql-gateway print-schema --databaseURI mongodb://localhost:27017/parse',
        'parse-graphql-gateway print-schema --classes schema/classes --out schema/api.graphql',
      ),
    )
    .action(async (flags: Flags) => {
      const { printSchema } = await import('./print-schema.ts');
      await printSchema(flags, io);
    });

  withSettings(program.command('explain-access'), [
    ...DATABASE_SETTINGS,
    'protectedFields',
    'protectedFieldsOwnerExempt',
  ])
    .description('Print which operations and columns of a class somebody has, and by which rule.')
    .requiredOption('--class <name>', 'The class.')
    .option(
      '--user <id>',
      'The id of a user, with the roles it has; without it: an anonymous caller.',
    )
    .option(
      '--role <name...>',
      'Roles of somebody imagined, or more roles of the user; what they are children of counts, too.',
    )
    .option('--json', 'Print JSON instead of tables.')
    .addHelpText(
      'after',
      examples(
        'parse-graphql-gateway explain-access --class TravelNote --role Editor',
        'parse-graphql-gateway explain-access --class Song --user 4cD8sFq1Zp --databaseURI mongodb://localhost:27017/parse',
      ),
    )
    .action(async (flags: ExplainAccessFlags) => {
      const { explainAccessTo } = await import('./explain-access.ts');
      await explainAccessTo(flags, io);
    });

  withSettings(program.command('import <class> <files...>'), DATABASE_SETTINGS)
    .description('Import objects from JSON, JSON lines, CSV or Parse export files into a class.')
    .option('--batch <objects>', 'Objects written at once, all of them or none.', '1000')
    .addHelpText(
      'after',
      examples(
        'parse-graphql-gateway import Song songs.json --databaseURI mongodb://localhost:27017/parse',
        'parse-graphql-gateway import Song songs.csv more-songs.csv',
      ),
    )
    .action(async (className: string, files: readonly string[], flags: Flags) => {
      const { importFiles } = await import('./import/import-files.ts');
      await importFiles({ className, files, flags }, io);
    });

  withSettings(program.command('clean-files'), DATABASE_SETTINGS)
    .description('Remove what uploads of killed processes have left in GridFS, a day later.')
    .option('--dry-run', 'Only print how much there is.')
    .addHelpText(
      'after',
      examples('parse-graphql-gateway clean-files --databaseURI mongodb://localhost:27017/parse'),
    )
    .action(async (flags: CleanFilesFlags) => {
      const { cleanFiles } = await import('./clean-files.ts');
      await cleanFiles(flags, io);
    });

  program
    .command('store')
    .description('Run the embedded MongoDB-compatible store alone and print its URI.')
    .option('--port <port>', 'Port on the loopback address; 0 takes a free one.', '27017')
    .option('--data <folder>', 'Where the data are kept.', '.data')
    .option(
      '--standalone',
      'Answer as a server that is no replica set: no change streams, no transactions.',
    )
    .addHelpText('after', examples('parse-graphql-gateway store --port 27018 --data ./data'))
    .action(async (flags: StoreFlags) => {
      const { runStore } = await import('./store.ts');
      await runStore(flags, io);
    });
  return program;
}

function withSettings(command: Command, names: readonly SettingName[]): Command {
  for (const name of names) {
    const { env, help } = SETTINGS[name];
    // An optional value: `--silent` alone means true, as for Parse Server.
    command.addOption(new Option(`--${name} [value]`, `${help} Environment: ${env}.`));
  }
  return command;
}

function examples(...lines: readonly string[]): string {
  return ['', 'Examples:', ...lines.map((line) => `  $ ${line}`)].join('\n');
}

/** The package's own version, from the clone or from `dist/`. */
function readVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { version } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as {
        readonly version: string;
      };
      return version;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    }
  }
  return 'unknown';
}
