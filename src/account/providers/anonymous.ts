import type { AuthAdapter } from '../auth-adapter.ts';

/** Users without a name: whoever has the id that the client made up is the user. */
export const ANONYMOUS: AuthAdapter = {
  role: 'identity',
  validate: ({ given }) => Promise.resolve({ save: given }),
};
