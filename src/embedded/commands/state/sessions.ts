import type { Timestamp } from 'bson';

import type { Document, Engine, EngineTransaction } from '../../engine/engine.ts';

/** What one statement of a retryable write did, so that a retry answers the same without doing it again. */
export interface StatementResult {
  /** What the statement's command counts or returns for it. */
  readonly outcome: Document;
}

/** Statements of the newest retryable write of a session. */
export interface RetryableWrite {
  readonly txnNumber: bigint;
  readonly statements: Map<number, StatementResult>;
}

/** The newest multi-document transaction of a session. */
export type SessionTransaction =
  | {
      readonly state: 'open';
      readonly txnNumber: bigint;
      readonly engine: EngineTransaction;
      readonly expiry: NodeJS.Timeout;
    }
  | { readonly state: 'committed'; readonly txnNumber: bigint; readonly time: Promise<Timestamp> }
  | { readonly state: 'aborted'; readonly txnNumber: bigint };

/** A logical session: what the store remembers between commands that carry the same `lsid`. */
export interface Session {
  readonly key: string;
  readonly lsid: Document;
  lastUse: number;
  retryable: RetryableWrite | undefined;
  transaction: SessionTransaction | undefined;
}

/** Sessions by id; made on first use. */
export interface SessionRegistry {
  use(key: string, lsid: Document): Session;
  find(key: string): Session | undefined;
  all(): Iterable<Session>;
  /** Forgets a session; an open transaction is aborted. */
  end(key: string): void;
  /** Ends those unused for longer than `idleMs`. */
  sweep(idleMs: number): void;
  readonly size: number;
}

/** Aborts the session's transaction when one is open. */
export function abortOpenTransaction(session: Session): void {
  const transaction = session.transaction;
  if (transaction?.state !== 'open') return;
  clearTimeout(transaction.expiry);
  session.transaction = { state: 'aborted', txnNumber: transaction.txnNumber };
  transaction.engine.abort();
}

/** What is known of a session that this run of the store meets for the first time. */
export type RestoreSession = (key: string) => Pick<Session, 'retryable' | 'transaction'>;

/** What the engine has kept of sessions from before a restart. */
export function restoreFrom(engine: Engine): RestoreSession {
  return (key) => {
    const { txnNumber, statements } = engine.remembered(key) ?? {};
    if (txnNumber === undefined) return { retryable: undefined, transaction: undefined };
    if (statements === undefined) {
      const time = Promise.resolve(engine.journal.now);
      return { retryable: undefined, transaction: { state: 'committed', txnNumber, time } };
    }
    const results = new Map([...statements].map(([id, outcome]) => [id, { outcome }]));
    return { retryable: { txnNumber, statements: results }, transaction: undefined };
  };
}

/** A registry that asks for each session once. */
export function createSessions(restore: RestoreSession): SessionRegistry {
  const sessions = new Map<string, Session>();
  const end = (session: Session): void => {
    sessions.delete(session.key);
    abortOpenTransaction(session);
  };
  return {
    use(key, lsid) {
      const known = sessions.get(key);
      if (known !== undefined) {
        known.lastUse = performance.now();
        return known;
      }
      const session: Session = {
        key,
        lsid,
        lastUse: performance.now(),
        ...restore(key),
      };
      sessions.set(key, session);
      return session;
    },
    find: (key) => sessions.get(key),
    all: () => sessions.values(),
    end(key) {
      const session = sessions.get(key);
      if (session !== undefined) end(session);
    },
    sweep(idleMs) {
      const oldest = performance.now() - idleMs;
      for (const session of [...sessions.values()]) if (session.lastUse < oldest) end(session);
    },
    get size() {
      return sessions.size;
    },
  };
}
