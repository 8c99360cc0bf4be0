import type { AccessExplainer } from '../access/access-explainer.ts';
import type { GuardedConfig } from '../access/guarded-config.ts';
import type { GuardedStore } from '../access/guarded-store.ts';
import type { SchemaEditor } from '../access/schema-editor.ts';
import type { AccountService, SignedIn } from '../account/account-service.ts';
import type { FileService } from '../files/file-service.ts';
import type { RequestLoaders } from '../loaders/request-loaders.ts';
import type { ClassCatalog } from '../parse/class-schema.ts';
import type { LiveSource } from '../query/live-request.ts';

/** What one principal reads and writes objects through. */
export interface CallersDoors {
  readonly store: GuardedStore;
  /** Those of this operation alone: `loadersFor(store)`. */
  readonly loaders: RequestLoaders;
}

/** What every resolver gets: the catalog its schema was built from, and one principal's doors. */
export interface ApiContext extends CallersDoors {
  readonly catalog: ClassCatalog;
  readonly accounts: AccountService;
  /** The doors of somebody who has logged in during this operation. Cost: that of the user's roles. @throws GatewayError 209 */
  readonly doorsOf: (session: SignedIn) => Promise<CallersDoors>;
  readonly live: LiveSource;
  /** For master keys only, as `explainAccess`. */
  readonly schemas: SchemaEditor;
  /** For master keys only: it refuses everybody else. */
  readonly explainAccess: AccessExplainer;
  /** For master keys only: it refuses everybody else. */
  readonly config: GuardedConfig;
  readonly files: Pick<FileService, 'delete'>;
  /** Address under which a stored file is served, e.g. `http://host/parse/files/app/name`. */
  readonly fileUrl: (name: string) => string;
  readonly limits: ApiLimits;
  /** Hears of every failure that the client is only told code 1 of. Must not throw. */
  readonly reportUnexpected: (error: unknown) => void;
}

export interface ApiLimits {
  /** Rows of a page that asks for no number. Parse's default: 100. */
  readonly defaultPageRows: number;
  /** Larger pages are cut to this, as `maxLimit` does; `undefined`: no cap. */
  readonly maxPageRows: number | undefined;
  /** Nesting of a `where`, and values in it, beyond which it is refused with 102. */
  readonly maxConstraintDepth: number;
  readonly maxConstraintParts: number;
  /** Values in all wheres of one operation, and conditions in them that need other objects' rows, beyond which it is refused with 102. */
  readonly maxOperationParts: number;
  readonly maxLookups: number;
}
