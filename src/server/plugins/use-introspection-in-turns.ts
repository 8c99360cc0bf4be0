import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { IntrospectedSchema } from '../introspection/introspected-schema.ts';
import { jsonStream } from '../introspection/json-stream.ts';
import { createTurnTaker } from '../take-turns.ts';

const INTROSPECTION = /\b__schema\b/;

const asksForSchema = ({ document }: ExecutionArgs): boolean =>
  INTROSPECTION.test(document.loc?.source.body ?? '');

/** Answers an operation that asks for the schema in turns with others: type by type it is found, and part by part it is written. */
export function useIntrospectionInTurns(): Plugin {
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      if (!asksForSchema(args)) return;
      setExecuteFn(async (asked: ExecutionArgs) => {
        const schema = new IntrospectedSchema(asked.schema, createTurnTaker());
        const result = (await executeFn({ ...asked, schema })) as ExecutionResult;
        // Errors are worded elsewhere, and make an answer small.
        return result.errors === undefined ? { ...result, stringify: jsonStream } : result;
      });
    },
  };
}
