import type { ExecutionArgs } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { endTurn } from '../take-turns.ts';

/** Characters of a document that takes a while to read, to check and to begin. */
const LONG_DOCUMENT = 4_096;

/** Begins a long document in another turn than that in which it was read and checked. */
export function useTurnForExecution(): Plugin {
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      if (!isLong(args)) return;
      setExecuteFn(async (asked: ExecutionArgs): Promise<unknown> => {
        await endTurn();
        return executeFn(asked);
      });
    },
  };
}

function isLong({ document }: ExecutionArgs): boolean {
  return (document.loc?.source.body.length ?? 0) >= LONG_DOCUMENT;
}
