import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { argumentsOf, type Arguments } from './arguments.ts';
import type { Command } from './command.ts';
import { findCommand } from './find-command.ts';

/** Fields that any command may carry. */
const GENERIC_FIELDS: readonly string[] = [
  '$db',
  '$clusterTime',
  '$readPreference',
  'lsid',
  'txnNumber',
  'startTransaction',
  'autocommit',
  'stmtId',
  'readConcern',
  'writeConcern',
  'maxTimeMS',
  'comment',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
];

const allowedFields = new WeakMap<Command, ReadonlySet<string>>();

function assertFields(args: Arguments, spelling: string, command: Command): void {
  if (command.anyFields === true) return;
  let fields = allowedFields.get(command);
  if (fields === undefined) {
    fields = new Set([...GENERIC_FIELDS, ...command.fields]);
    allowedFields.set(command, fields);
  }
  args.onlyFields(fields.has(spelling) ? fields : new Set([...fields, spelling]));
}

function assertApiVersion(args: Arguments, name: string, command: Command): void {
  const version = args.string('apiVersion');
  const isStrict = args.boolean('apiStrict') ?? false;
  args.boolean('apiDeprecationErrors');
  if (version === undefined) {
    if (!isStrict) return;
    throw new StoreError('InvalidOptions', 'Provided apiStrict without passing apiVersion', {
      code: 4886600,
    });
  }
  if (version !== '1') {
    throw new StoreError('APIVersionError', "API version must be '1'");
  }
  if (isStrict && command.stable !== true) {
    throw new StoreError(
      'APIStrictError',
      `Provided apiStrict:true, but the command ${name} is not in API Version 1`,
    );
  }
}

/** A command whose name, fields and API version are in order. */
export interface ParsedCommand {
  readonly name: string;
  readonly command: Command;
  readonly database: string;
  readonly body: Document;
  readonly args: Arguments;
  readonly target: unknown;
}

/** @throws StoreError 40571 without a database, 59 for an unknown name, 40415 for an unknown field, 72, 322 or 323 for its API version. */
export function parseCommand(body: Document): ParsedCommand {
  const spelling = Object.keys(body)[0];
  const database = body['$db'];
  if (spelling === undefined || typeof database !== 'string') {
    throw new StoreError('BadValue', 'OP_MSG requests require a $db argument', { code: 40571 });
  }
  const { name, command } = findCommand(spelling);
  const args = argumentsOf(name, body);
  assertFields(args, spelling, command);
  assertApiVersion(args, name, command);
  return { name, command, database, body, args, target: body[spelling] };
}
