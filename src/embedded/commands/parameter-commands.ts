import { StoreError } from '../errors.ts';
import { isDocument } from './arguments.ts';
import { answer, type CommandFamily, type CommandRequest } from './command.ts';
import type { StoreState } from './state/store-state.ts';

const OWN_FIELDS: ReadonlySet<string> = new Set([
  'getParameter',
  'setParameter',
  'lsid',
  'comment',
  'maxTimeMS',
  'readConcern',
  'writeConcern',
  'apiVersion',
  'apiStrict',
  'apiDeprecationErrors',
]);

/** Parameters are named by the fields of the command itself. */
function namedParameters({ body }: CommandRequest): string[] {
  return Object.keys(body).filter((name) => !OWN_FIELDS.has(name) && !name.startsWith('$'));
}

function assertAdmin({ database, name }: CommandRequest): void {
  if (database === 'admin') return;
  throw new StoreError('Unauthorized', `${name} may only be run against the admin database.`);
}

function readParameters(request: CommandRequest, state: StoreState) {
  assertAdmin(request);
  const wantsAll =
    request.target === '*' ||
    (isDocument(request.target) && request.target['allParameters'] === true);
  if (wantsAll) return answer({ ...state.parameters.all() });
  const known = namedParameters(request).flatMap((name) =>
    state.parameters.has(name) ? [[name, state.parameters.read(name)] as const] : [],
  );
  if (known.length > 0) return answer(Object.fromEntries(known));
  throw new StoreError('InvalidOptions', 'no option found to get');
}

function writeParameters(request: CommandRequest, state: StoreState) {
  assertAdmin(request);
  const names = namedParameters(request);
  if (names.length === 0) {
    throw new StoreError('InvalidOptions', 'no option found to set, use help:true to see options');
  }
  const was = names.map((name) => state.parameters.write(name, request.body[name]));
  return answer({ was: was[0] });
}

/**
 * Server parameters.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/getParameter/
 */
export const parameterCommands: CommandFamily = {
  getParameter: { kind: 'upkeep', fields: [], anyFields: true, run: readParameters },
  setParameter: { kind: 'upkeep', fields: [], anyFields: true, run: writeParameters },
};
