import { type ExecutionResult, graphql, parse, subscribe, validate } from 'graphql';
import { accessExplainerFor } from '../../src/access/access-explainer.ts';
import { DEFAULT_ACCESS_RULES } from '../../src/access/access-rules.ts';
import { createGuardedStore } from '../../src/access/create-guarded-store.ts';
import { createGuardedConfig } from '../../src/access/create-guarded-config.ts';
import { createSchemaEditor } from '../../src/access/create-schema-editor.ts';
import type { Principal } from '../../src/access/principal.ts';
import type { ApiContext, ApiLimits } from '../../src/api/api-context.ts';
import { buildApi } from '../../src/api/build-api.ts';
import { loadersFor } from '../../src/loaders/request-loaders.ts';
import type { ClassCatalog } from '../../src/parse/class-schema.ts';
import type { LiveEvent, LiveRequest, LiveSource } from '../../src/query/live-request.ts';
import { DEMO_ROLE_SOURCE } from '../../src/cli/demo/role-source.ts';
import { sampleCatalog } from './api-catalog.ts';
import { ApiMemoryStore } from './api-memory-store.ts';
import { refusedAccounts } from './refused-accounts.ts';
import { readOnlySchemaWriter } from './read-only-schema-writer.ts';

const MASTER: Principal = { kind: 'master', isReadOnly: false };
const LIMITS: ApiLimits = {
  defaultPageRows: 100,
  maxPageRows: undefined,
  maxConstraintDepth: 20,
  maxConstraintParts: 1000,
  maxOperationParts: 10_000,
  maxLookups: 20,
};

export interface ApiRunOptions {
  readonly catalog?: ClassCatalog;
  readonly graphqlConfig?: unknown;
  readonly principal?: Principal;
  readonly limits?: Partial<ApiLimits>;
  readonly events?: AsyncIterable<LiveEvent>;
}

/** An answer as a client gets it: plain JSON. */
export interface Answer {
  readonly data: unknown;
  readonly errors: readonly {
    readonly message: string;
    readonly path: unknown;
    readonly code: unknown;
  }[];
}

/** The API over a store in memory, asked as a client asks. */
export class ApiRun {
  readonly store = new ApiMemoryStore();
  readonly unexpected: unknown[] = [];
  readonly liveRequests: LiveRequest[] = [];
  readonly schema;
  readonly report;
  readonly #options: ApiRunOptions;

  constructor(options: ApiRunOptions = {}) {
    this.#options = options;
    const { schema, report } = buildApi(options.catalog ?? sampleCatalog, {
      graphqlConfig: options.graphqlConfig,
    });
    this.schema = schema;
    this.report = report;
  }

  /** Runs one operation with a context of its own. */
  async ask(source: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const problems = validate(this.schema, parse(source));
    if (problems.length > 0) throw new Error(problems.map(({ message }) => message).join('\n'));
    const result = await graphql({
      schema: this.schema,
      source,
      variableValues: variables,
      contextValue: this.context(),
    });
    return answerOf(result);
  }

  /** `ask`, and no error may be part of the answer. */
  async data(source: string, variables: Readonly<Record<string, unknown>> = {}): Promise<unknown> {
    const { data, errors } = await this.ask(source, variables);
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** `ask`, and the only error's code and message. */
  async refusal(
    source: string,
    variables: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const { errors } = await this.ask(source, variables);
    const [only, ...others] = errors;
    if (only === undefined || others.length > 0) throw new Error(JSON.stringify(errors));
    return `${String(only.code)} ${only.message}`;
  }

  /** Subscribes; a refusal is answered as one. */
  async listen(source: string): Promise<AsyncGenerator<ExecutionResult> | Answer> {
    const result = await subscribe({
      schema: this.schema,
      document: parse(source),
      contextValue: this.context(),
    });
    return Symbol.asyncIterator in result ? result : answerOf(result);
  }

  context(): ApiContext {
    const { catalog = sampleCatalog, principal = MASTER, limits, events } = this.#options;
    const store = createGuardedStore({
      store: this.store,
      catalog,
      principal,
      rules: DEFAULT_ACCESS_RULES,
    });
    const live: LiveSource = {
      subscribe: (request) => {
        this.liveRequests.push(request);
        if (events === undefined) throw new Error('this run has no events');
        return events;
      },
    };
    return {
      catalog,
      store,
      accounts: refusedAccounts(store),
      doorsOf: () => Promise.reject(new Error('nobody logs in during this run')),
      loaders: loadersFor(store),
      live,
      schemas: createSchemaEditor({
        writer: readOnlySchemaWriter(catalog),
        principal,
        onChanged: () => Promise.resolve(),
      }),
      explainAccess: accessExplainerFor(principal, {
        catalog,
        roles: DEMO_ROLE_SOURCE,
        rules: DEFAULT_ACCESS_RULES,
      }),
      config: createGuardedConfig(principal, {
        find: () => Promise.reject(new Error('this run has no configuration')),
        set: () => Promise.reject(new Error('this run has no configuration')),
      }),
      files: { delete: () => Promise.reject(new Error('this run has no files')) },
      fileUrl: (name) => `http://files/${name}`,
      limits: { ...LIMITS, ...limits },
      reportUnexpected: (error) => {
        this.unexpected.push(error);
      },
    };
  }
}

/** What JSON makes of an execution's result. */
export function answerOf(result: ExecutionResult): Answer {
  const data: unknown = JSON.parse(JSON.stringify(result.data ?? null));
  const errors = (result.errors ?? []).map(({ message, path, extensions }) => ({
    message,
    path,
    code: extensions['code'],
  }));
  return { data, errors };
}
