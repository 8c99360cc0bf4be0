import { GatewayError } from '../parse/errors.ts';
import type { ParseObject } from '../parse/object.ts';
import type { ParseValue } from '../parse/values.ts';
import { EVERYTHING, column, type Constraint } from '../query/constraint.ts';
import { BY_OBJECT_ID, firstRows } from '../query/find-request.ts';
import type {
  CreateRequest,
  DeleteRequest,
  FieldOperation,
  UpdateRequest,
  WriteStep,
} from '../query/write-request.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { Principal } from './principal.ts';

/** A write of an installation as Parse means it. */
export interface ResolvedInstallation {
  /** The step itself, or the update of the row that stands for the same device already. */
  readonly step: WriteStep;
  /** Rows that the step takes the place of. Parse deletes them whatever their ACL says. */
  readonly replaced: readonly WriteStep[];
}

const CLASS = '_Installation';

/** Rows looked at for one device; more than this have not been seen to share a token. */
const MOST_ROWS = 1_000;

/** The columns by which a device is known, as a step gives them. */
interface DeviceKeys {
  readonly objectId: string | undefined;
  readonly deviceToken: string | undefined;
  readonly installationId: string | undefined;
  readonly deviceType: string | undefined;
  readonly appIdentifier: string | undefined;
}

/**
 * Keeps one row for each device: a create for a device that is known becomes an update of its row, and rows that hold the same
 * token are replaced. Ids are compared and stored in lower case, tokens of 64 characters, too.
 *
 * Deletes and other classes pass as they are. Cost: 1 command for a write that names a token, an id or a type, else none.
 * @throws GatewayError 135 when a create lacks every id or, for a new device, its type; 136 when an update changes what is fixed; 132
 * when a token alone could mean several devices; 101 for an update of no installation.
 */
export async function resolveInstallation(
  step: WriteStep,
  principal: Principal,
  store: ObjectStore,
): Promise<ResolvedInstallation> {
  if (step.request.className !== CLASS || step.kind === 'delete') return { step, replaced: [] };
  const spelled = spelledAsStored(step);
  const keys = keysOf(spelled);
  const knownAs = keys.installationId ?? callersInstallation(principal);
  if (spelled.kind === 'create' && keys.deviceToken === undefined && knownAs === undefined) {
    throw missing('at least one ID field (deviceToken, installationId)');
  }
  if (keys.deviceToken === undefined && knownAs === undefined && keys.deviceType === undefined) {
    return { step: spelled, replaced: [] };
  }
  const rows = await findRows({ ...keys, installationId: knownAs }, store);
  const own = rows.find(({ objectId }) => objectId === keys.objectId);
  if (spelled.kind === 'update') assertFixed(keys, own);
  const known = rows.find((row) => knownAs !== undefined && idOf(row) === knownAs) ?? own;
  if (spelled.kind === 'create' && keys.deviceType === undefined && known === undefined) {
    throw missing('deviceType');
  }
  const { survivor, replaced } = match({ rows, keys, knownAs, known });
  return {
    step: survivor === undefined ? spelled : onto(spelled, survivor),
    replaced: replaced.map(({ objectId }) => deletionOf(objectId)),
  };
}

/** True for a step that `resolveInstallation` may have to change. */
export function isOfInstallation({ request }: WriteStep): boolean {
  return request.className === CLASS;
}

interface Candidates {
  readonly rows: readonly ParseObject[];
  readonly keys: DeviceKeys;
  /** The id given, or the caller's own. */
  readonly knownAs: string | undefined;
  /** The row with that id, or the one that is updated. */
  readonly known: ParseObject | undefined;
}

interface Match {
  /** The row to update; `undefined`: a new one. */
  readonly survivor: ParseObject | undefined;
  readonly replaced: readonly ParseObject[];
}

function match({ rows, keys, knownAs, known }: Candidates): Match {
  const twins = sameToken(rows, keys);
  const [only] = twins;
  const isSingle = twins.length === 1 && only !== undefined;
  if (known !== undefined) {
    if (isSingle && idOf(only) === undefined) {
      // The same device, registered once by its token and once by its id: the token's row stays.
      return { survivor: only, replaced: only === known ? [] : [known] };
    }
    const isNewToken =
      keys.deviceToken !== undefined && textOf(known, 'deviceToken') !== keys.deviceToken;
    const isReplacing = isNewToken && keys.installationId !== undefined;
    return { survivor: known, replaced: isReplacing ? strangers(twins, keys) : [] };
  }
  if (twins.length === 0) return { survivor: undefined, replaced: [] };
  if (isSingle && (idOf(only) === undefined || knownAs === undefined)) {
    return { survivor: only, replaced: [] };
  }
  if (keys.installationId === undefined) {
    throw new GatewayError(
      'AmbiguousInstallation',
      'Must specify installationId when deviceToken matches multiple Installation objects',
    );
  }
  return { survivor: undefined, replaced: strangers(twins, keys) };
}

/** Rows of another id and, if one is given, of the same app. */
function strangers(
  twins: readonly ParseObject[],
  { installationId, appIdentifier }: DeviceKeys,
): readonly ParseObject[] {
  return twins.filter(
    (row) =>
      idOf(row) !== installationId &&
      (appIdentifier === undefined || textOf(row, 'appIdentifier') === appIdentifier),
  );
}

/** @throws GatewayError 101, 136 */
function assertFixed(keys: DeviceKeys, own: ParseObject | undefined): void {
  if (own === undefined) throw new GatewayError('ObjectNotFound', 'Object not found for update.');
  const { installationId, deviceToken, deviceType } = keys;
  const storedId = idOf(own);
  const storedToken = textOf(own, 'deviceToken');
  if (installationId !== undefined && storedId !== undefined && installationId !== storedId) {
    throw fixed('installationId');
  }
  const hasNoId = installationId === undefined && storedId === undefined;
  if (hasNoId && deviceToken !== undefined && (storedToken ?? deviceToken) !== deviceToken) {
    throw fixed('deviceToken');
  }
  if (deviceType !== undefined && deviceType !== textOf(own, 'deviceType')) {
    throw fixed('deviceType');
  }
}

async function findRows(keys: DeviceKeys, store: ObjectStore): Promise<readonly ParseObject[]> {
  const parts = (['objectId', 'installationId', 'deviceToken'] as const).flatMap(
    (name): readonly Constraint[] => {
      const value = keys[name];
      if (value === undefined) return [];
      return [{ kind: 'compare', column: column(name), comparison: 'equal', value }];
    },
  );
  const [only] = parts;
  return store.find({
    className: CLASS,
    where: parts.length === 1 && only !== undefined ? only : { kind: 'or', parts },
    order: [BY_OBJECT_ID],
    page: firstRows(MOST_ROWS),
    select: new Set(['installationId', 'deviceToken', 'deviceType', 'appIdentifier']),
    readPreference: undefined,
  });
}

function sameToken(rows: readonly ParseObject[], keys: DeviceKeys): readonly ParseObject[] {
  const { deviceToken } = keys;
  if (deviceToken === undefined) return [];
  return rows.filter((row) => textOf(row, 'deviceToken') === deviceToken);
}

function keysOf(step: Exclude<WriteStep, { kind: 'delete' }>): DeviceKeys {
  const given = (name: string): string | undefined => {
    const value = step.kind === 'create' ? step.request.values.get(name) : setValue(step, name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  return {
    objectId: step.kind === 'update' ? step.request.objectId : undefined,
    deviceToken: given('deviceToken'),
    installationId: given('installationId'),
    deviceType: given('deviceType'),
    appIdentifier: given('appIdentifier'),
  };
}

function setValue(
  { request }: Extract<WriteStep, { kind: 'update' }>,
  name: string,
): ParseValue | undefined {
  const operation = request.operations.get(name);
  return operation?.kind === 'set' ? operation.value : undefined;
}

function spelledAsStored(
  step: Exclude<WriteStep, { kind: 'delete' }>,
): Exclude<WriteStep, { kind: 'delete' }> {
  if (step.kind === 'create') {
    const values = [...step.request.values].map(([name, value]): [string, ParseValue] => [
      name,
      spelled(name, value),
    ]);
    return { ...step, request: { ...step.request, values: new Map(values) } };
  }
  const operations = [...step.request.operations].map(
    ([name, operation]): [string, FieldOperation] => [
      name,
      operation.kind === 'set' ? { kind: 'set', value: spelled(name, operation.value) } : operation,
    ],
  );
  return { ...step, request: { ...step.request, operations: new Map(operations) } };
}

/** Tokens of 64 characters are hexadecimal, as Apple gives them. */
function spelled(name: string, value: ParseValue): ParseValue {
  if (typeof value !== 'string') return value;
  const isFolded = name === 'installationId' || (name === 'deviceToken' && value.length === 64);
  return isFolded ? value.toLowerCase() : value;
}

/** The same values, written onto a row that is there. */
function onto(step: Exclude<WriteStep, { kind: 'delete' }>, { objectId }: ParseObject): WriteStep {
  if (step.kind === 'update') return { ...step, request: { ...step.request, objectId } };
  return { kind: 'update', request: updateOf(step.request, objectId) };
}

function updateOf(
  { className, values, acl, relations }: CreateRequest,
  objectId: string,
): UpdateRequest {
  const operations = new Map<string, FieldOperation>();
  for (const [name, value] of values) operations.set(name, { kind: 'set', value });
  for (const [name, { targetClass, add }] of relations) {
    operations.set(name, { kind: 'relate', targetClass, add, remove: [] });
  }
  const isAclGiven = acl.readers !== undefined || acl.writers !== undefined;
  return {
    className,
    objectId,
    guard: EVERYTHING,
    operations,
    acl: isAclGiven ? acl : undefined,
    select: 'all',
  };
}

function deletionOf(objectId: string): WriteStep {
  const request: DeleteRequest = {
    className: CLASS,
    objectId,
    guard: EVERYTHING,
    select: new Set(),
  };
  return { kind: 'delete', request };
}

/** What the header says of a client; the keys speak for no device. */
function callersInstallation(principal: Principal): string | undefined {
  return 'installationId' in principal ? principal.installationId?.toLowerCase() : undefined;
}

function idOf(row: ParseObject): string | undefined {
  return textOf(row, 'installationId');
}

function textOf({ values }: ParseObject, name: string): string | undefined {
  const value = values.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function missing(what: string): GatewayError {
  return new GatewayError('MissingRequiredField', `${what} must be specified in this operation`);
}

function fixed(name: string): GatewayError {
  return new GatewayError('ImmutableField', `${name} may not be changed in this operation`);
}
