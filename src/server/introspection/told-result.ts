import type { ExecutionResult } from 'graphql';

/** A result whose data is text that is made while it is sent; `data` itself is never looked at. */
export interface ToldResult extends ExecutionResult {
  readonly dataText: Iterable<string>;
}

/** Whether the data of a result is text. */
export function isTold(result: object): result is ToldResult {
  return 'dataText' in result;
}

/** The JSON text of `result`, whose errors are worded by now, with `dataText` as its data. */
export function* resultText(
  { errors, extensions }: { readonly errors?: unknown; readonly extensions?: unknown },
  dataText: Iterable<string>,
): Generator<string> {
  yield '{';
  if (errors !== undefined) yield `"errors":${JSON.stringify(errors)},`;
  if (extensions !== undefined) yield `"extensions":${JSON.stringify(extensions)},`;
  yield '"data":';
  yield* dataText;
  yield '}';
}
