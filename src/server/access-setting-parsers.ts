import { UnexpectedValue, isRecord } from './setting-parsers.ts';

/** Class → group (`*`, `authenticated`, `role:Name`, `userField:column`, a user id) → hidden columns. */
export type ProtectedFieldsSetting = Readonly<
  Record<string, Readonly<Record<string, readonly string[]>>>
>;

/** Parse Server's `protectedFields`; `undefined` for another shape. */
export function checkProtectedFields(
  value: Readonly<Record<string, unknown>>,
): ProtectedFieldsSetting | undefined {
  const isGroups = (groups: unknown) =>
    isRecord(groups) &&
    Object.values(groups).every(
      (fields) => Array.isArray(fields) && fields.every((field) => typeof field === 'string'),
    );
  return Object.values(value).every(isGroups) ? (value as ProtectedFieldsSetting) : undefined;
}

/** Caps for callers without the master key; `undefined`: only the gateway's own. */
export interface RequestComplexity {
  readonly graphQLDepth: number | undefined;
  readonly graphQLFields: number | undefined;
  readonly queryDepth: number | undefined;
}

/**
 * Parse Server's `requestComplexity`: the caps that concern queries of ours. Those of REST alone are left out; `undefined` for a cap that
 * is no whole number from -1. @throws UnexpectedValue for any other member, by name.
 */
export function checkRequestComplexity(
  value: Readonly<Record<string, unknown>>,
): RequestComplexity | undefined {
  const ofRest = ['batchRequestLimit', 'includeCount', 'includeDepth'];
  const caps = ['graphQLDepth', 'graphQLFields', 'queryDepth'];
  for (const [name, cap] of Object.entries(value)) {
    const isOff = cap === -1 || (name === 'allowRegex' && cap === true);
    if (caps.includes(name)) {
      if (typeof cap !== 'number' || !Number.isInteger(cap) || cap < -1) return undefined;
    } else if (!ofRest.includes(name) && !isOff) {
      throw new UnexpectedValue(`${name} is not supported here; expected it to be left out`);
    }
  }
  const cap = (name: string) => {
    const number = value[name];
    return typeof number === 'number' && number !== -1 ? number : undefined;
  };
  return {
    graphQLDepth: cap('graphQLDepth'),
    graphQLFields: cap('graphQLFields'),
    queryDepth: cap('queryDepth'),
  };
}
