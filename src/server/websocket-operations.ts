import type { IncomingMessage } from 'node:http';
import {
  GraphQLError,
  type DocumentNode,
  type ExecutionArgs,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql';
import { MessageType, type OperationResult, type ServerOptions } from 'graphql-ws';
import { AuthenticationFailure } from '../access/authentication-failure.ts';
import type { Authenticator } from '../access/authenticate.ts';
import type { Principal } from '../access/principal.ts';
import { ERROR_CODES, GatewayError } from '../parse/errors.ts';
import type { ClientAddress } from './client-address.ts';
import { credentialsOfParameters } from './client-credentials.ts';
import { isKeyholder } from './gateway-context.ts';
import type { GatewayYoga } from './gateway-yoga.ts';
import { textChunks } from './introspection/text-chunks.ts';
import { isTold, resultText } from './introspection/told-result.ts';
import { presentError } from './present-error.ts';

/** What operations over WebSockets need of the gateway. */
export interface WebsocketOperationsOptions {
  readonly yoga: GatewayYoga;
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly clientAddress: ClientAddress;
  readonly isIntrospectionPublic: boolean;
  readonly reportUnexpected: (error: unknown) => void;
}

/** One connection: its upgrade request, who it was at its newest operation, and how to end it. */
export interface Connection {
  readonly request: IncomingMessage;
  readonly close: (code: number, reason: string) => void;
  /** Sends one message as it is made. */
  readonly sendInParts: (parts: AsyncIterable<Uint8Array>) => Promise<void>;
  principal: Principal | undefined;
}

/** One operation's way through yoga's plugins; yoga itself declares these without types. */
interface Enveloped {
  readonly schema: GraphQLSchema;
  readonly parse: (text: string) => DocumentNode;
  readonly validate: (schema: GraphQLSchema, document: DocumentNode) => readonly GraphQLError[];
  readonly contextFactory: () => unknown;
  readonly execute: (args: ExecutionArgs) => OperationResult;
  readonly subscribe: (args: ExecutionArgs) => OperationResult;
}

/** What of a result is worded for its receiver. */
interface Worded {
  readonly errors?: readonly GraphQLError[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** What `graphql-ws` asks of a server. */
export type WebsocketHooks = ServerOptions<Record<string, unknown>, Connection>;

/** Operations that one connection may have running at a time. */
const MAX_OPERATIONS = 1_000;
/** WebSocket's own close code for "not now". */
const TRY_AGAIN_LATER = 1013;

/**
 * The hooks of the protocol `graphql-transport-ws`: the same principals, plugins and limits as over HTTP.
 *
 * Whoever cannot be authenticated is closed with 4403; each operation is authenticated anew, by the connection's parameters and
 * by `headers` among its own extensions, which GraphiQL sends.
 * @see https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md
 */
export function websocketOperations(options: WebsocketOperationsOptions): WebsocketHooks {
  const { authenticator, yoga } = options;
  const pipelines = new WeakMap<ExecutionArgs, Enveloped>();

  function principalOf(
    { request }: Connection,
    ...parameters: readonly unknown[]
  ): Promise<Principal> {
    const address = options.clientAddress(request);
    return authenticator.authenticate(credentialsOfParameters(...parameters), address);
  }

  function present(error: unknown, principal: Principal | undefined): GraphQLFormattedError {
    const hidesSuggestions = !options.isIntrospectionPublic && !isKeyholder(principal);
    const { reportUnexpected } = options;
    const { message, locations, path, extensions } = presentError(error, {
      reportUnexpected,
      hidesSuggestions,
    });
    return {
      message,
      ...(locations !== undefined && { locations }),
      ...(path !== undefined && { path }),
      extensions: { code: extensions['code'] },
    };
  }

  function worded({ errors, extensions }: Worded, { principal }: Connection) {
    return {
      ...(extensions !== undefined && { extensions: { ...extensions } }),
      ...(errors && { errors: errors.map((error) => present(error, principal)) }),
    };
  }

  function pipelineOf(args: ExecutionArgs): Enveloped {
    const pipeline = pipelines.get(args);
    if (pipeline === undefined) throw new Error('an operation that was never subscribed');
    return pipeline;
  }

  return {
    async onConnect({ connectionParams, extra }) {
      try {
        extra.principal = await principalOf(extra, connectionParams);
        return true;
      } catch (error) {
        if (error instanceof AuthenticationFailure) return false;
        if (!(error instanceof GatewayError)) options.reportUnexpected(error);
        extra.close(TRY_AGAIN_LATER, 'The gateway cannot tell who asks: try again later.');
        return false;
      }
    },

    async onSubscribe({ connectionParams, extra, subscriptions }, _id, payload) {
      try {
        if (Object.keys(subscriptions).length > MAX_OPERATIONS) throw tooManyOperations();
        const principal = await principalOf(
          extra,
          connectionParams,
          payload.extensions?.['headers'],
        );
        extra.principal = principal;
        const pipeline: Enveloped = yoga.getEnveloped({
          principal,
          req: extra.request,
          params: payload,
        });
        const document = pipeline.parse(payload.query);
        const errors = pipeline.validate(pipeline.schema, document);
        if (errors.length > 0) return errors;
        const args: ExecutionArgs = {
          schema: pipeline.schema,
          document,
          operationName: payload.operationName ?? null,
          variableValues: payload.variables ?? null,
          contextValue: await pipeline.contextFactory(),
        };
        pipelines.set(args, pipeline);
        return args;
      } catch (error) {
        return [error instanceof GraphQLError ? error : wrapped(error)];
      }
    },

    execute: (args) => pipelineOf(args).execute(args),
    subscribe: (args) => pipelineOf(args).subscribe(args),

    onError: ({ extra }, _id, _payload, errors) =>
      errors.map((error) => present(error, extra.principal)),

    onOperation(...event) {
      const [{ extra }, id, , , result] = event;
      if (!isTold(result)) return undefined;
      const payload = resultText(worded(result, extra), result.dataText);
      return sendOnce(() => extra.sendInParts(textChunks(nextMessage(id, payload))));
    },

    onNext(...event) {
      const [{ extra }, , , , result] = event;
      // A request that failed before it began has no data at all; over WebSockets that comes as `onError`.
      return { data: result.data ?? null, ...worded(result, extra) };
    },
  };
}

/** A result that is sent as it is made, to `graphql-ws`: nothing is left to send. */
async function* sendOnce(send: () => Promise<void>): AsyncGenerator<never, void> {
  await send();
  yield* [];
}

function* nextMessage(id: string, payload: Iterable<string>): Generator<string> {
  yield `{"id":${JSON.stringify(id)},"type":"${MessageType.Next}","payload":`;
  yield* payload;
  yield '}';
}

/** `onError` unwraps it again; a caller that is nobody any more is told so. */
function wrapped(error: unknown): GraphQLError {
  const originalError = error instanceof Error ? error : new Error(String(error));
  if (!(originalError instanceof AuthenticationFailure)) {
    return new GraphQLError(originalError.message, { originalError });
  }
  const code = originalError.body.code ?? ERROR_CODES.OperationForbidden.parseCode;
  return new GraphQLError(originalError.message, { extensions: { code } });
}

function tooManyOperations(): GatewayError {
  const text = `This connection has more than ${MAX_OPERATIONS} operations running.`;
  return new GatewayError('RequestLimitExceeded', text);
}
