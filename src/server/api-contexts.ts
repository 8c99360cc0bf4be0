import { accessExplainerFor } from '../access/access-explainer.ts';
import type { AccessRules } from '../access/access-rules.ts';
import type { Authenticator } from '../access/authenticate.ts';
import { createGuardedStore } from '../access/create-guarded-store.ts';
import { createGuardedConfig } from '../access/create-guarded-config.ts';
import { createSchemaEditor } from '../access/create-schema-editor.ts';
import type { Principal } from '../access/principal.ts';
import type { ApiContext } from '../api/api-context.ts';
import type { FileService } from '../files/file-service.ts';
import type { LiveHub } from '../live/live-hub.ts';
import { loadersFor } from '../loaders/request-loaders.ts';
import type { ParseDatabase } from '../storage/parse-database.ts';
import type { Accounts } from './accounts.ts';
import type { Api } from './current-api.ts';
import type { GatewaySettings } from './settings.ts';

/** What all contexts of a process share. */
export interface ContextParts {
  readonly database: ParseDatabase;
  readonly authenticator: Authenticator;
  readonly accounts: Accounts;
  readonly hub: LiveHub;
  readonly rules: AccessRules;
  readonly settings: GatewaySettings;
  /** Resolves when a change of a class that was just written is served. */
  readonly announceSchema: () => Promise<void>;
  readonly filesFor: (principal: Principal) => FileService;
  readonly reportUnexpected: (error: unknown) => void;
}

const MAX_CONSTRAINT_DEPTH = 20;
const MAX_CONSTRAINT_PARTS = 10_000;
const MAX_OPERATION_PARTS = 50_000;
const MAX_LOOKUPS = 200;

/** Who asks, of which API, and under which origin the request reached us. */
export interface Asking {
  readonly principal: Principal;
  readonly api: Api;
  readonly origin: string;
}

/** Makes the context of one operation: a store bound to its principal, and loaders of its own. Issues no command. */
export function contextsFor(parts: ContextParts): (asking: Asking) => ApiContext {
  const { database, authenticator, settings } = parts;
  const fileUrlAt = fileUrlsOf(settings);
  const limits = {
    defaultPageRows: settings.defaultLimit,
    maxPageRows: settings.maxLimit,
    maxConstraintDepth: settings.requestComplexity?.queryDepth ?? MAX_CONSTRAINT_DEPTH,
    maxConstraintParts: MAX_CONSTRAINT_PARTS,
    maxOperationParts: MAX_OPERATION_PARTS,
    maxLookups: MAX_LOOKUPS,
  };
  return ({ principal, api: { catalog }, origin }) => {
    const objects = database.storeFor(catalog);
    const storeFor = (who: Principal) =>
      createGuardedStore({
        ...{ store: objects, catalog, rules: parts.rules },
        principal: who,
        onWritten: authenticator.onWritten,
      });
    const store = storeFor(principal);
    return {
      catalog,
      store,
      accounts: parts.accounts.serviceFor(store),
      async doorsOf({ sessionToken }) {
        const own = storeFor(await authenticator.principalOf(sessionToken, undefined));
        return { store: own, loaders: loadersFor(own) };
      },
      loaders: loadersFor(store),
      explainAccess: accessExplainerFor(principal, {
        catalog,
        roles: database.sessions,
        rules: parts.rules,
      }),
      schemas: createSchemaEditor({
        writer: database.schemas,
        principal,
        onChanged: parts.announceSchema,
      }),
      live: parts.hub.sourceFor(authenticator.principalSource(principal)),
      config: createGuardedConfig(principal, database.config),
      files: parts.filesFor(principal),
      fileUrl: fileUrlAt(origin),
      limits,
      reportUnexpected: parts.reportUnexpected,
    };
  };
}

/**
 * Parse Server's address of a stored file: `<mount>/files/<application>/<name>`, each part of the name encoded. The mount is that of the
 * Parse Server beside us; alone, this gateway's own origin, where `files-route.ts` answers.
 */
function fileUrlsOf(settings: GatewaySettings): (origin: string) => (name: string) => string {
  const mount = settings.publicServerURL ?? settings.serverURL;
  const folder = `/files/${encodeURIComponent(settings.appId)}/`;
  return (origin) => (name) =>
    `${mount ?? origin}${folder}${name.split('/').map(encodeURIComponent).join('/')}`;
}
