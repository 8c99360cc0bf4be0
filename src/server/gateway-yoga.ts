import { createYoga, type YogaServerInstance } from 'graphql-yoga';
import type { Authenticator } from '../access/authenticate.ts';
import type { Principal } from '../access/principal.ts';
import type { FileService } from '../files/file-service.ts';
import type { ApiContext } from '../api/api-context.ts';
import type { Accounts } from './accounts.ts';
import type { Asking } from './api-contexts.ts';
import type { ClientAddress } from './client-address.ts';
import type { RequestLog } from '../storage/request-log.ts';
import { corsFor } from './cors.ts';
import type { Api } from './current-api.ts';
import { NO_CACHE, createDocumentCache } from './document-cache.ts';
import type { GatewayContext, HttpContext } from './gateway-context.ts';
import { REQUEST_LIMITS } from './limits/request-limits.ts';
import type { Log } from './log.ts';
import { useAccountPages } from './plugins/use-account-pages.ts';
import { useBriefValidation } from './plugins/use-brief-validation.ts';
import { useApi } from './plugins/use-api.ts';
import { useGraphiql } from './plugins/use-graphiql.ts';
import { useHealth } from './plugins/use-health.ts';
import { useIdempotency } from './plugins/use-idempotency.ts';
import { useIntrospectionGuard } from './plugins/use-introspection-guard.ts';
import { useIntrospectionInTurns } from './plugins/use-introspection-in-turns.ts';
import { useLimits } from './plugins/use-limits.ts';
import { useMaskErrors } from './plugins/use-mask-errors.ts';
import { usePersistedQueries } from './plugins/use-persisted-queries.ts';
import { usePrincipal } from './plugins/use-principal.ts';
import { useTurnForExecution } from './plugins/use-turn-for-execution.ts';
import { useUploads } from './plugins/use-uploads.ts';
import { useWellFormedRequest } from './plugins/use-well-formed-request.ts';
import type { RequestOrigin } from './request-origin.ts';
import type { GatewaySettings } from './settings.ts';

/** The GraphQL server: bytes in, bytes out; also the pipeline that WebSocket operations go through. */
export type GatewayYoga = YogaServerInstance<HttpContext, Partial<GatewayContext>>;

export interface GatewayYogaOptions {
  readonly settings: GatewaySettings;
  readonly api: () => Api;
  readonly contextFor: (asking: Asking) => ApiContext;
  readonly requestOrigin: RequestOrigin;
  readonly filesFor: (principal: Principal) => FileService;
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly clientAddress: ClientAddress;
  readonly ping: () => Promise<void>;
  readonly requests: RequestLog;
  /** Those that links in mails lead to; `undefined` where no mails are sent. */
  readonly accountPages: Accounts['pages'];
  readonly isIntrospectionPublic: boolean;
  readonly reportUnexpected: (error: unknown) => void;
  readonly log: Log;
}

/** Assembles the plugins; their order is the way of a request. */
export function createGatewayYoga(options: GatewayYogaOptions): GatewayYoga {
  const { settings, isIntrospectionPublic, reportUnexpected, log } = options;
  const path = settings.graphQLPath;
  return createYoga<HttpContext, Partial<GatewayContext>>({
    graphqlEndpoint: path,
    graphiql: false,
    landingPage: false,
    // `/health` is ours: it asks the database too.
    healthCheckEndpoint: '/live',
    batching: false,
    multipart: false,
    maskedErrors: false,
    logging: {
      debug: (...parts) => {
        log.trace(parts);
      },
      info: (...parts) => {
        log.debug(parts);
      },
      warn: (...parts) => {
        log.warn(parts);
      },
      error: (...parts) => {
        log.debug(parts);
      },
    },
    cors: corsFor(settings),
    maxRequestBodySize: REQUEST_LIMITS.bodyBytes,
    parserAndValidationCache: { documentCache: createDocumentCache(), errorCache: NO_CACHE },
    plugins: [
      useBriefValidation(),
      useTurnForExecution(),
      useIntrospectionInTurns(reportUnexpected),
      useHealth(options.ping),
      useGraphiql({ path, applicationId: settings.appId, schema: () => options.api().schema }),
      ...(options.accountPages === undefined
        ? []
        : [useAccountPages({ ...options.accountPages, appId: settings.appId, reportUnexpected })]),
      usePrincipal({ ...options, path }),
      useUploads({
        ...options,
        path,
        maxBodyBytes: 2 * REQUEST_LIMITS.bodyBytes + REQUEST_LIMITS.files * settings.maxUploadSize,
      }),
      useWellFormedRequest(),
      usePersistedQueries(),
      useApi({ ...options, current: options.api }),
      useLimits(
        settings.requestComplexity ?? { graphQLDepth: undefined, graphQLFields: undefined },
      ),
      useIntrospectionGuard(isIntrospectionPublic),
      useIdempotency(settings.idempotencyOptions, options.requests),
      useMaskErrors({ isIntrospectionPublic, reportUnexpected }),
    ],
  });
}
