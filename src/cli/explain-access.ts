import { explainRequest } from '../access/access-explainer.ts';
import type { AccessExplanation } from '../access/explain-access.ts';
import { GatewayError } from '../parse/errors.ts';
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
  /** Roles of somebody imagined, or more roles for the user; what they are children of is looked up. */
  readonly role?: readonly string[];
  readonly json?: boolean;
}

/**
 * Prints which operations and columns of a class somebody has, and by which rule: a user with the roles stored for it, somebody with
 * the roles named, or, with neither, an anonymous caller. Without a database: of the demo's classes, users and roles.
 * @throws UsageError for a class, user or role that does not exist.
 */
export async function explainAccessTo(flags: ExplainAccessFlags, io: CommandIo): Promise<void> {
  const settings = readSettings(flags, io.environment);
  const explanation = await explain(flags, settings).catch((error: unknown) => {
    throw isAbsence(error) ? new UsageError(error.message) : error;
  });
  if (flags.json === true) io.print(JSON.stringify(explanation, undefined, 2));
  else for (const line of linesOf(explanation)) io.print(line);
}

async function explain(flags: ExplainAccessFlags, settings: Settings): Promise<AccessExplanation> {
  const request = { className: flags.class, userId: flags.user, roles: flags.role ?? [] };
  const rules = accessRulesOf(settings);
  if (settings.databaseURI !== undefined) {
    return withDatabase(settings, ({ catalog, sessions }) =>
      explainRequest(request, { catalog, roles: sessions, rules }),
    );
  }
  const { DEMO_CLASSES } = await import('./demo/classes.ts');
  const { DEMO_ROLE_SOURCE } = await import('./demo/role-source.ts');
  const classes = new Map(DEMO_CLASSES.map((schema) => [schema.className, schema]));
  const catalog = { classes, version: 'demo' };
  return explainRequest(request, { catalog, roles: DEMO_ROLE_SOURCE, rules });
}

/** The arguments name something that is not there. */
function isAbsence(error: unknown): error is GatewayError {
  return (
    error instanceof GatewayError &&
    (error.code === 'ObjectNotFound' || error.code === 'InvalidClassName')
  );
}

function linesOf({
  className,
  subjects,
  operations,
  columns,
}: AccessExplanation): readonly string[] {
  return [
    `${className} for ${subjects.join(', ')}`,
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
