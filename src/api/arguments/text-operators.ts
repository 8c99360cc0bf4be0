import { GatewayError } from '../../parse/errors.ts';
import {
  type ColumnRef,
  type Constraint,
  type ConstraintOfKind,
  EVERYTHING,
} from '../../query/constraint.ts';
import { type Fields, flagAt, invalidQuery, listAt } from './operators.ts';

type Place = ConstraintOfKind<'plainText'>['place'];

/** Operators on plain text: nothing in it is a pattern. */
export const TEXT_PLACES = {
  startsWith: 'start',
  endsWith: 'end',
  containsText: 'anywhere',
} as const satisfies Record<string, Place>;

/** Operators on whole texts that `ignoreCase` changes. */
const WHOLE = ['equalTo', 'notEqualTo', 'in', 'notIn'] as const;
type Whole = (typeof WHOLE)[number];

/** True for `equalTo` and the like. */
export function isFoldable(name: string): name is Whole {
  return WHOLE.some((each) => each === name);
}

const FOLDABLE: ReadonlySet<string> = new Set([...Object.keys(TEXT_PLACES), ...WHOLE]);

/** Operators that letter case does not matter to, so that they may stand beside `ignoreCase`. */
const CASELESS: ReadonlySet<string> = new Set(['exists', 'ignoreCase']);

/** A pattern may have 32,764 bytes; of these texts none can grow beyond that, however it is written. */
const MAX_TEXT = 5_000;

/** `{startsWith: "a.b"}` → texts that begin with just that. @throws GatewayError 107 for what is no text, 102 for a long one. */
export function plainTextOf(
  column: ColumnRef,
  name: keyof typeof TEXT_PLACES,
  { value, constraints }: { readonly value: unknown; readonly constraints: Fields },
): Constraint {
  return plainText(column, TEXT_PLACES[name], {
    text: value,
    at: `${column.name}.${name}`,
    ignoresCase: ignoresCase(constraints),
  });
}

/**
 * `equalTo` and the like beside `ignoreCase: true`; `undefined`: as without it.
 * A null among the values stands for null and absent, as everywhere.
 * @throws GatewayError 107, 102 as `plainTextOf`.
 */
export function foldedOf(
  column: ColumnRef,
  name: Whole,
  { value, constraints }: { readonly value: unknown; readonly constraints: Fields },
): Constraint | undefined {
  if (!ignoresCase(constraints)) return undefined;
  const at = `${column.name}.${name}`;
  const values = name === 'in' || name === 'notIn' ? listAt(value, at) : [value];
  const parts = values.map((text): Constraint =>
    text === null
      ? { kind: 'compare', column, comparison: 'equal', value: null }
      : plainText(column, 'whole', { text, at, ignoresCase: true }),
  );
  return { kind: name === 'equalTo' || name === 'in' ? 'or' : 'nor', parts };
}

/**
 * `ignoreCase` itself constrains nothing; it must have something to change.
 * @throws GatewayError 107 unless true or false, 102 alone or beside an operator it cannot change.
 */
export function ignoreCaseOf(column: ColumnRef, constraints: Fields): Constraint {
  const at = `${column.name}.ignoreCase`;
  if (!flagAt(constraints['ignoreCase'], at)) return EVERYTHING;
  const others = Object.keys(constraints).filter(
    (name) => !CASELESS.has(name) && constraints[name] !== undefined,
  );
  const wrong = others.find((name) => !FOLDABLE.has(name));
  if (wrong !== undefined) throw invalidQuery(`${at} does not go with ${wrong}`);
  if (others.length === 0) throw invalidQuery(`${at} needs one of ${[...FOLDABLE].join(', ')}`);
  return EVERYTHING;
}

function ignoresCase({ ignoreCase }: Fields): boolean {
  return ignoreCase === true;
}

function plainText(
  column: ColumnRef,
  place: Place,
  given: { readonly text: unknown; readonly at: string; readonly ignoresCase: boolean },
): Constraint {
  const { text, at } = given;
  // Half of a surrogate pair is stored as something else, so nothing could equal it.
  if (typeof text !== 'string' || /\p{Surrogate}/u.test(text)) {
    throw new GatewayError('InvalidJson', `${at} must be a text`);
  }
  if (text.length > MAX_TEXT) throw invalidQuery(`${at} may have ${MAX_TEXT} characters`);
  return { kind: 'plainText', column, place, text, ignoresCase: given.ignoresCase };
}
