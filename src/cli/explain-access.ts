import type { AccessRules } from '../access/access-rules.ts';
import { explainAccess, type AccessExplanation } from '../access/explain-access.ts';
import type { Principal } from '../access/principal.ts';
import type { ClassSchema } from '../parse/class-schema.ts';
import { accessRulesOf } from '../server/access-settings.ts';
import { readSettings, type Settings } from '../server/settings.ts';
import type { CommandIo, Flags } from './command-io.ts';
import { UsageError } from './failure.ts';
import { withDatabase } from './with-database.ts';

/** What `explain-access` was asked for, besides the settings. */
export interface ExplainAccessFlags extends Flags {
  readonly class: string;
  /** The id of a user; its roles are looked up. */
  readonly user?: string;
  /** Roles of somebody imagined, or more roles for the user. */
  readonly role?: readonly string[];
  readonly json?: boolean;
}

/** Who is meant by the flags, when these are the roles of the user they name. */
function principalOf(flags: ExplainAccessFlags, stored: readonly string[]): Principal {
  const roles = [...new Set([...stored, ...(flags.role ?? [])])];
  if (flags.user === undefined && roles.length === 0) {
    return { kind: 'anonymous', installationId: undefined };
  }
  // A user id that no object has: somebody signed in of whom only the roles are known.
  const userId = flags.user ?? '';
  return { kind: 'user', userId, sessionToken: '', roles, installationId: undefined };
}

/**
 * Prints which operations and columns of a class somebody has, and by which rule: a user with the roles stored for it, somebody with
 * the roles named, or, with neither, an anonymous caller. Without a database: of the demo's classes.
 * @throws UsageError for a class that does not exist.
 */
export async function explainAccessTo(flags: ExplainAccessFlags, io: CommandIo): Promise<void> {
  const settings = readSettings(flags, io.environment);
  const explanation = await (settings.databaseURI === undefined
    ? explainInDemo(flags, accessRulesOf(settings))
    : explainInDatabase(flags, settings));
  if (flags.json === true) io.print(JSON.stringify(explanation, undefined, 2));
  else for (const line of linesOf(explanation)) io.print(line);
}

async function explainInDemo(
  flags: ExplainAccessFlags,
  rules: AccessRules,
): Promise<AccessExplanation> {
  const { DEMO_CLASSES } = await import('./demo/classes.ts');
  const schema = DEMO_CLASSES.find(({ className }) => className === flags.class);
  if (flags.user !== undefined) {
    throw new UsageError(
      '--user needs a database (--databaseURI); without one, name roles (--role)',
    );
  }
  return explainAccess(principalOf(flags, []), existing(schema, flags.class), rules);
}

function explainInDatabase(
  flags: ExplainAccessFlags,
  settings: Settings,
): Promise<AccessExplanation> {
  return withDatabase(settings, async (database) => {
    const schema = existing(database.catalog.classes.get(flags.class), flags.class);
    const stored = flags.user === undefined ? [] : await database.sessions.rolesOf(flags.user);
    return explainAccess(principalOf(flags, stored), schema, accessRulesOf(settings));
  });
}

function existing(schema: ClassSchema | undefined, className: string): ClassSchema {
  if (schema === undefined) throw new UsageError(`--class: there is no class ${className}`);
  return schema;
}

function linesOf({
  className,
  subjects,
  operations,
  columns,
}: AccessExplanation): readonly string[] {
  return [
    `${className} for ${subjects.filter((subject) => subject !== '').join(', ')}`,
    '',
    ...table(
      ['operation', 'allowed', 'by'],
      operations.map(({ operation, allowed, rule }) => [operation, allowed, rule]),
    ),
    '',
    ...table(
      ['column', 'readable', 'by'],
      columns.map(({ column, readable, rule }) => [column, readable, rule]),
    ),
    '',
    'The ACL of each object narrows this further.',
  ];
}

/** Rows of equal length as lines with aligned columns. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const all = [head, ...rows];
  const widths = head.map((_, index) => Math.max(...all.map((row) => row[index]?.length ?? 0)));
  return all.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
