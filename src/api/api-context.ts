import type { AccessExplainer } from '../access/access-explainer.ts';
import type { GuardedStore } from '../access/guarded-store.ts';
import type { SchemaEditor } from '../access/schema-editor.ts';
import type { FileService } from '../files/file-service.ts';
import type { RequestLoaders } from '../loaders/request-loaders.ts';
import type { ClassCatalog } from '../parse/class-schema.ts';
import type { LiveSource } from '../query/live-request.ts';

/** What every resolver gets: the catalog its schema was built from, and one principal's doors. */
export interface ApiContext {
  readonly catalog: ClassCatalog;
  readonly store: GuardedStore;
  /** Those of this operation alone: `loadersFor(store)`. */
  readonly loaders: RequestLoaders;
  readonly live: LiveSource;
  /** For master keys only, as `explainAccess`. */
  readonly schemas: SchemaEditor;
  /** For master keys only: it refuses everybody else. */
  readonly explainAccess: AccessExplainer;
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
}
