import { randomBytes } from 'node:crypto';
import type { AccountStore, NewSession, StoredSession } from '../access/account-store.ts';
import type { AccountPolicy } from './account-policy.ts';
import type { SignedIn } from './account-service.ts';

/** Hears of sessions as they begin and end, so that the next request of this process knows. */
export interface SessionNews {
  /** To be called before a session is stored; what it returns, once it is. */
  readonly begin: () => (token: string, session: StoredSession) => void;
  readonly ended: (session: StoredSession) => void;
  /** Some or all sessions of the user have ended. */
  readonly endedOf: (userId: string) => void;
}

/** Makes and ends sessions. */
export interface Sessions {
  /** Other sessions of the user on the same installation end first. Cost: 1 command, 2 with an installation id. */
  begin(session: Pick<NewSession, 'userId' | 'createdWith' | 'installationId'>): Promise<SignedIn>;
  /** Nothing happens for a token that no session has. Cost: 1 command. */
  end(token: string): Promise<void>;
  /** All of the user's, or all but one; how many there were. Cost: 1 command. */
  endAllOf(userId: string, exceptToken?: string): Promise<number>;
}

/** @see Sessions */
export function createSessions(
  store: AccountStore,
  policy: Pick<AccountPolicy, 'sessionLength' | 'expireInactiveSessions'>,
  news: SessionNews,
): Sessions {
  return {
    async begin({ userId, createdWith, installationId }) {
      if (installationId !== undefined) {
        const count = await store.deleteSessionsAt(userId, installationId);
        if (count > 0) news.endedOf(userId);
      }
      const token = newSessionToken();
      const expiresAt = policy.expireInactiveSessions
        ? new Date(Date.now() + policy.sessionLength * 1000)
        : undefined;
      const stored = news.begin();
      const session = { userId, token, createdWith, installationId, expiresAt };
      stored(token, await store.createSession(session));
      return { userId, sessionToken: token };
    },
    async end(token) {
      const session = await store.deleteSession(token);
      if (session !== undefined) news.ended(session);
    },
    async endAllOf(userId, exceptToken) {
      const count = await store.deleteSessionsOf(userId, exceptToken);
      news.endedOf(userId);
      return count;
    },
  };
}

/** `r:` and 32 hexadecimal digits: 128 bits nobody can guess. */
function newSessionToken(): string {
  return `r:${randomBytes(16).toString('hex')}`;
}
