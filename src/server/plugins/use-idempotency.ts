import type { Plugin } from 'graphql-yoga';
import { type DocumentNode, GraphQLError } from 'graphql';
import { GatewayError } from '../../parse/errors.ts';
import type { RequestLog } from '../../storage/request-log.ts';
import type { GatewayContext } from '../gateway-context.ts';
import type { IdempotencyOptions } from '../idempotency-options.ts';
import { mutationFieldsOf } from '../mutation-fields.ts';
import { isRecord } from '../setting-parsers.ts';

/** Where Parse's clients put the id of a request, in lower case. */
const REQUEST_ID = 'x-parse-request-id';
const MAX_ID_LENGTH = 1_000;

interface OperationContext {
  readonly request?: Request;
  readonly params?: { readonly extensions?: unknown };
}

/** What is about to be executed; yoga itself declares it without types. */
interface Executed {
  readonly document: DocumentNode;
  readonly operationName?: string | null;
  readonly contextValue: OperationContext;
}

/**
 * Runs a mutation that carries a request id at most once: its id is claimed before it begins, and a second one is refused with 159.
 *
 * `paths` says for which: each is a regular expression for the beginning of `graphql/<field>`, for any field of the mutation's root.
 * The id stays claimed whatever becomes of the mutation, as with Parse Server: only the database knows how far a failure came. What
 * is refused before it begins (a document that is not valid) claims nothing, nor does anything that is no mutation.
 * @see https://docs.parseplatform.org/parse-server/guide/#idempotency-enforcement
 */
export function useIdempotency(
  { paths, ttl }: IdempotencyOptions,
  requests: Pick<RequestLog, 'claim'>,
): Plugin<Partial<GatewayContext>> {
  const patterns = paths.map((path) => new RegExp(path.startsWith('^') ? path : `^${path}`));
  const isCovered = (field: string) => patterns.some((each) => each.test(`graphql/${field}`));

  async function refusalOf(requestId: string): Promise<GatewayError | undefined> {
    if (requestId.length > MAX_ID_LENGTH) {
      const text = `X-Parse-Request-Id may have ${MAX_ID_LENGTH} characters.`;
      return new GatewayError('InvalidJson', text);
    }
    const isFirst = await requests.claim(requestId, new Date(Date.now() + ttl * 1_000));
    return isFirst ? undefined : new GatewayError('DuplicateRequest', 'Duplicate request');
  }

  return {
    async onExecute({ args, setResultAndStopExecution }) {
      const { contextValue, document, operationName } = args as Executed;
      const requestId = requestIdOf(contextValue);
      if (requestId === undefined) return;
      const fields = mutationFieldsOf(document, operationName);
      if (fields?.some(isCovered) !== true) return;
      const refusal = await refusalOf(requestId).catch((error: unknown) =>
        error instanceof GatewayError ? error : Promise.reject(error as Error),
      );
      if (refusal !== undefined) setResultAndStopExecution({ errors: [asGraphqlError(refusal)] });
    },
  };
}

/** The header of an HTTP request; over WebSockets, where one connection has many operations, `headers` in the operation's extensions. */
function requestIdOf({ request, params }: OperationContext): string | undefined {
  // Over WebSockets there is no request of the operation's own.
  if (request !== undefined) return request.headers.get(REQUEST_ID) || undefined;
  const extensions = params?.extensions;
  const headers = isRecord(extensions) ? extensions['headers'] : undefined;
  if (!isRecord(headers)) return undefined;
  for (const [name, value] of Object.entries(headers)) {
    if (name.toLowerCase() === REQUEST_ID && typeof value === 'string' && value !== '')
      return value;
  }
  return undefined;
}

function asGraphqlError(error: GatewayError): GraphQLError {
  return new GraphQLError(error.message, {
    originalError: error,
    extensions: { code: error.parseCode, http: { spec: true, status: error.httpStatus } },
  });
}
