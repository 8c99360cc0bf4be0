import type { RandomMutation } from './random-mutations.ts';
import type { StoredChange } from './stored-changes.ts';

/** What one server did with a mutation. */
export interface Effect {
  readonly answer: unknown;
  readonly codes: readonly unknown[];
  readonly messages: readonly string[];
  readonly changes: readonly StoredChange[];
}

/** Where the gateway does otherwise on purpose. */
export const WRITE_DIFFERENCES = {
  orphans: 'what was created inside a mutation that failed stays there; here nothing does',
  devices: 'a device that may not be written takes the place of others there; here they stay',
  link: 'a link to what is not there or may not be read is stored there; here it is refused',
  reread:
    'who may write but not read is told there that the write failed, though it is done; here it is answered with id and times',
  readBeforeDelete:
    'a delete that asks for columns of what may not be read is refused there; here it deletes, and shows nothing',
  nullInArray: 'a null in an array cannot be answered there; here it is null',
  twoRefusals: 'a mutation that is wrong and forbidden is refused for either reason',
  echo: 'a hidden column that the caller has just written is echoed there; here it stays hidden',
  operation: 'an operation in place of an object is done there; here it is refused',
} as const;
export type WriteDifference = keyof typeof WRITE_DIFFERENCES;

/** A difference that is allowed if both servers agree on `rest`, which is absent when nothing is left to ask. */
export interface AllowedDifference {
  readonly reason: WriteDifference;
  readonly rest: RandomMutation | undefined;
}

const REFUSALS: ReadonlySet<unknown> = new Set([101, 119]);

/** How an input is refused that no caller may send. */
const INVALID: ReadonlySet<unknown> = new Set([105, 107, 111, 142]);

/** Names the difference, if it is an allowed one: pure, and strict in what the gateway must have done. */
export function allowedDifference(
  mutation: RandomMutation,
  theirs: Effect,
  ours: Effect,
): AllowedDifference | undefined {
  const [code] = ours.codes;
  const isRefusedThere = theirs.codes.length === 1 && REFUSALS.has(theirs.codes[0]);
  if (code !== undefined && ours.changes.length > 0) return undefined;
  if (code === 101 && ours.messages.some((text) => text.startsWith('Object not found: '))) {
    return { reason: 'link', rest: unlinked(mutation) };
  }
  if (code === 107 && mutation.fields['info']?.startsWith('{ __op') === true) {
    return { reason: 'operation', rest: without(mutation, ['info']) };
  }
  if (INVALID.has(code) && isRefusedThere && theirs.changes.length === 0) {
    return { reason: 'twoRefusals', rest: undefined };
  }
  const isNullThere = theirs.codes[0] === 'INTERNAL_SERVER_ERROR';
  if (isNullThere && mutation.fields['tags'] === '[null]' && mutation.selected !== '') {
    return { reason: 'nullInArray', rest: { ...mutation, selected: '' } };
  }
  if (mutation.verb === 'delete') {
    const isLess = isRefusedThere && mutation.selected !== '';
    return isLess ? { reason: 'readBeforeDelete', rest: { ...mutation, selected: '' } } : undefined;
  }
  if (code !== undefined && isSame(theirs.codes, ours.codes)) {
    const isDevice = ({ collection, kind }: StoredChange): boolean =>
      collection === '_Installation' && kind === 'removed';
    if (theirs.changes.every(isDevice)) return { reason: 'devices', rest: undefined };
    const isOrphan = theirs.changes.every(({ kind }) => kind === 'added');
    return isOrphan && createsInside(mutation) ? { reason: 'orphans', rest: undefined } : undefined;
  }
  if (code === undefined && theirs.codes.length === 0 && isSame(theirs.changes, ours.changes)) {
    return isEcho(mutation, theirs, ours) ? { reason: 'echo', rest: undefined } : undefined;
  }
  if (code === undefined && isRefusedThere && isSame(theirs.changes, ours.changes)) {
    return ours.changes.length > 0 ? { reason: 'reread', rest: undefined } : undefined;
  }
  return undefined;
}

/** Whether all that differs is columns that the mutation has set, and that the gateway does not show. */
function isEcho({ fields }: RandomMutation, theirs: Effect, ours: Effect): boolean {
  const [left, right] = [payloadOf(theirs.answer), payloadOf(ours.answer)];
  const differing = Object.keys(left).filter((name) => !isSame(left[name], right[name]));
  return differing.length > 0 && differing.every((name) => name in fields && right[name] === null);
}

type Payload = Readonly<Record<string, unknown>>;

/** `{updateBeta: {beta: {title: 'a'}, clientMutationId: 'm'}}` → `{title: 'a'}`. */
function payloadOf(answer: unknown): Payload {
  const [mutation = {}] = Object.values((answer ?? {}) as Readonly<Record<string, Payload>>);
  const object = Object.values(mutation).find((part) => typeof part === 'object' && part !== null);
  return (object ?? {}) as Payload;
}

/** The mutation without the columns that link to an object by its id. */
function unlinked(mutation: RandomMutation): RandomMutation {
  const linking = Object.entries(mutation.fields).filter(([, input]) =>
    /\b(link|add):/.test(input),
  );
  return without(
    mutation,
    linking.map(([name]) => name),
  );
}

function without(mutation: RandomMutation, names: readonly string[]): RandomMutation {
  const kept = Object.entries(mutation.fields).filter(([name]) => !names.includes(name));
  return { ...mutation, fields: Object.fromEntries(kept) };
}

function createsInside({ fields }: RandomMutation): boolean {
  return Object.values(fields).some((input) => /createAnd(Link|Add)/.test(input));
}

function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}
