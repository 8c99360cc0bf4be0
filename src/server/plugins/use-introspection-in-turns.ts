import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { ExecutionArgs, ExecutionResult } from 'graphql';
import type { Plugin, YogaInitialContext } from 'graphql-yoga';
import type { HttpContext } from '../gateway-context.ts';
import { introspectiveOperation } from '../introspection/introspective-operation.ts';
import { textChunks } from '../introspection/text-chunks.ts';
import { resultText, type ToldResult } from '../introspection/told-result.ts';
import { endTurn } from '../take-turns.ts';

/** A result that yoga writes by the function it brings along; the body of a response may be a stream. */
interface WrittenResult extends ToldResult {
  readonly stringify: (worded: ExecutionResult) => Readable | string;
}

/**
 * Answers what an operation asks about the schema in turns with others: piece by piece it is made, and sent, over HTTP and over
 * WebSockets. The rest of the operation is executed as ever.
 */
export function useIntrospectionInTurns(
  reportUnexpected: (error: unknown) => void,
): Plugin<Partial<HttpContext>> {
  return {
    onExecute({ args, executeFn, setExecuteFn }) {
      const operation = introspectiveOperation(args);
      if (operation === undefined) return;
      setExecuteFn(async (asked: ExecutionArgs): Promise<ExecutionResult> => {
        // Reading and checking the document was a turn already.
        await endTurn();
        const rest =
          operation.rest === undefined
            ? { data: {} }
            : ((await executeFn({ ...asked, document: operation.rest })) as ExecutionResult);
        if (rest.data === undefined || rest.data === null) return rest;
        const dataText = reported(operation.dataText(rest.data), reportUnexpected);
        const told: ToldResult = { ...rest, dataText };
        const context = args.contextValue;
        return canStream(context) ? streamed(told, context) : written(told);
      });
    },
  };
}

/** What goes wrong once a response has begun can be told to nobody but the operator. */
function* reported(
  parts: Iterable<string>,
  reportUnexpected: (error: unknown) => void,
): Generator<string> {
  try {
    yield* parts;
  } catch (error) {
    reportUnexpected(error);
    throw error;
  }
}

function streamed(told: ToldResult, { res }: Partial<HttpContext>): WrittenResult {
  return {
    ...told,
    stringify(worded) {
      const body = Readable.from(textChunks(resultText(worded, told.dataText)));
      // An end would look like a whole answer.
      body.once('error', () => res?.destroy());
      return body;
    },
  };
}

/** For events, which yoga writes from a string. */
async function written(told: ToldResult): Promise<WrittenResult> {
  const data = await text(textChunks(told.dataText));
  return { ...told, stringify: (worded) => [...resultText(worded, [data])].join('') };
}

/** Operations over WebSockets have no request. */
function canStream({ request }: Partial<YogaInitialContext>): boolean {
  const accepted = request?.headers.get('accept');
  return (accepted ?? '*/*').split(',').some(isJson);
}

/** As yoga chooses: JSON whenever it is accepted in UTF-8. */
function isJson(accepted: string): boolean {
  const [type = '', ...parameters] = accepted.replaceAll(/\s/g, '').toLowerCase().split(';');
  const charset = parameters.find((parameter) => parameter.includes('charset='));
  return JSON_TYPES.has(type) && (charset === undefined || charset === 'charset=utf-8');
}

const JSON_TYPES: ReadonlySet<string> = new Set([
  'application/json',
  'application/graphql-response+json',
  'application/*',
  '*/*',
  '*/json',
]);
