import type { ClassCatalog } from '../parse/class-schema.ts';
import type { AccountSource } from './account-source.ts';
import type { ConfigSource } from './config-source.ts';
import type { FileStore } from './file-store.ts';
import type { ObjectStore } from './object-store.ts';
import type { RequestLog } from './request-log.ts';
import type { SchemaWriter } from './schema-writer.ts';
import type { SessionSource } from './session-source.ts';
import type { ChangeFeed } from './stored-change.ts';
import type { UploaderSource } from './uploader-source.ts';

/** What the connected server can do, found out once at start. */
export interface ServerCapabilities {
  readonly version: string;
  readonly hasChangeStreams: boolean;
  readonly hasTransactions: boolean;
  /** `$documents` and the concise `$lookup` (5.1 and newer). */
  readonly hasDocumentsStage: boolean;
  readonly hasPreImages: boolean;
}

/** One connected database that Parse Server wrote. */
export interface ParseDatabase {
  readonly capabilities: ServerCapabilities;
  /** The newest catalog known; kept current by a change stream on `_SCHEMA`, or by polling where there is none. */
  readonly catalog: ClassCatalog;
  /** Called after each change of the catalog. Returns how to stop. */
  onCatalog(listener: (catalog: ClassCatalog) => void): () => void;
  /** Resolves when the catalog is at least as new as this call: for whoever has just changed it. Cost: 2 commands. */
  refreshCatalog(): Promise<void>;
  /** Reads and writes of one operation under one catalog: its reads take turns, so that other operations need not wait for all of them. Cheap. */
  storeFor(catalog: ClassCatalog): ObjectStore;
  readonly changes: ChangeFeed;
  readonly sessions: SessionSource;
  readonly accounts: AccountSource;
  readonly schemas: SchemaWriter;
  readonly requests: RequestLog;
  readonly config: ConfigSource;
  readonly files: FileStore;
  readonly uploaders: UploaderSource;
  /** The stored GraphQL configuration (`_GraphQLConfig`), as JSON; `undefined` when there is none. Kept current like the catalog. */
  readonly graphqlConfig: unknown;
  /** Resolves when the server answers. Cost: 1 command. @throws GatewayError 2 while it is away. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
