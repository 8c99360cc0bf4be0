import type { RandomMutation } from './random-mutations.ts';

const COLUMNS: Readonly<Record<string, string>> = {
  user: '{ link: "@u1" }',
  installationId: '"mine"',
  sessionToken: '"r:chosen"',
  expiresAt: '"2098-01-01T00:00:00.000Z"',
  createdWith: '{ action: "login" }',
};

/** Mutations of the sessions that every written world has: `@s0` is that of `@u0`. */
export const sessionMutations: readonly RandomMutation[] = (
  ['anonymous', '@u0', '@u1', 'master', 'readOnlyMaster'] as const
).flatMap((principal) => {
  const mutation = { principal, className: 'Session', objectId: '@s0', selected: '' };
  return [
    { ...mutation, verb: 'delete' as const, fields: {} },
    { ...mutation, verb: 'update' as const, fields: {} },
    ...Object.entries(COLUMNS).flatMap(([name, value]) => [
      { ...mutation, verb: 'update' as const, fields: { [name]: value } },
      { ...mutation, verb: 'update' as const, fields: { [name]: 'null' } },
    ]),
  ];
});
