const FIELD_NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
const JOIN_CLASS = /^_Join:[A-Za-z0-9_]+:[A-Za-z0-9_]+/;

/** The classes Parse keeps for itself, in Parse's own spelling. */
export const SYSTEM_CLASSES = [
  '_User',
  '_Installation',
  '_Role',
  '_Session',
  '_Product',
  '_PushStatus',
  '_JobStatus',
  '_JobSchedule',
  '_Audience',
  '_Idempotency',
  '_Hooks',
  '_GlobalConfig',
  '_GraphQLConfig',
] as const;

export type SystemClass = (typeof SYSTEM_CLASSES)[number];

/** Letters, digits and `_`, a letter first; not `length` nor `className`. */
export function isFieldName(name: string): boolean {
  return FIELD_NAME.test(name) && name !== 'length' && name !== 'className';
}

/** A class the API may serve: a system class or a well-formed name; join tables are not classes. */
export function isClassName(name: string): boolean {
  return (SYSTEM_CLASSES as readonly string[]).includes(name) || isFieldName(name);
}

/** `_Join:field:Class`, where relations keep their rows. */
export function isJoinName(name: string): boolean {
  return JOIN_CLASS.test(name);
}
