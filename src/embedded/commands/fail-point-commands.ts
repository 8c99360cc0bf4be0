import type { Document } from '../engine/engine.ts';
import { StoreError } from '../errors.ts';
import { argumentsOf, isDocument, numberFrom } from './arguments.ts';
import { answer, type CommandFamily } from './command.ts';
import { FAIL_POINTS, type FailCommand, type FailMode } from './state/fail-points.ts';

const FAIL_COMMAND_FIELDS: ReadonlySet<string> = new Set([
  'failCommands',
  'appName',
  'errorCode',
  'errorLabels',
  'closeConnection',
  'blockConnection',
  'blockTimeMS',
  'writeConcernError',
]);

function parseMode(mode: unknown): FailMode | undefined {
  if (mode === 'off') return undefined;
  if (mode === 'alwaysOn') return { skip: 0, times: Infinity };
  if (isDocument(mode)) {
    const times = numberFrom(mode['times']);
    const skip = numberFrom(mode['skip']);
    if (times !== undefined && times >= 0) return { skip: 0, times };
    if (skip !== undefined && skip >= 0) return { skip, times: Infinity };
  }
  throw new StoreError('BadValue', "'mode' must be 'off', 'alwaysOn', {times: n} or {skip: n}");
}

function strings(values: readonly unknown[]): string[] {
  return values.map((value) => {
    if (typeof value === 'string') return value;
    throw new StoreError('TypeMismatch', 'a fail point takes lists of strings only');
  });
}

/** `data` of a fail point; `only` is the command it is for, when its name says so. @throws StoreError 40415 for a field that would be ignored. */
function parseFailCommand(data: Document, only: string | undefined): FailCommand {
  const args = argumentsOf('data', data);
  args.onlyFields(FAIL_COMMAND_FIELDS);
  const appName = args.string('appName');
  const errorCode = args.number('errorCode');
  const labels = args.array('errorLabels');
  const writeConcernError = args.document('writeConcernError');
  return {
    commands: new Set(
      only === undefined
        ? strings(args.required('failCommands', args.array('failCommands')))
        : [only],
    ),
    closeConnection: args.boolean('closeConnection') ?? false,
    blockMs: args.boolean('blockConnection') === true ? (args.count('blockTimeMS') ?? 0) : 0,
    ...(appName === undefined ? {} : { appName }),
    ...(errorCode === undefined ? {} : { errorCode }),
    ...(labels === undefined ? {} : { errorLabels: strings(labels) }),
    ...(writeConcernError === undefined ? {} : { writeConcernError }),
  };
}

/**
 * Fail points: `failCommand`, and the one for getMore that drivers' tests use.
 *
 * @see https://github.com/mongodb/mongo/wiki/The-%22failCommand%22-fail-point
 */
export const failPointCommands: CommandFamily = {
  configureFailPoint: {
    kind: 'upkeep',
    fields: ['mode', 'data'],
    run({ target, args, database }, state) {
      if (database !== 'admin') {
        throw new StoreError(
          'Unauthorized',
          'configureFailPoint may only be run against the admin database.',
        );
      }
      const name = FAIL_POINTS.find((each) => each === target);
      if (name === undefined) {
        throw new StoreError('FailPointSetFailed', `${String(target)} not found`);
      }
      const mode = parseMode(args.value('mode'));
      const only = name === 'failCommand' ? undefined : 'getMore';
      const fail =
        mode === undefined ? undefined : parseFailCommand(args.document('data') ?? {}, only);
      return answer({ count: state.failPoints.set(name, fail, mode ?? { skip: 0, times: 0 }) });
    },
  },
};
