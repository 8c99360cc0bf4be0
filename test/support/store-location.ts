import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the store of the whole run listens. */
    readonly storeUri: string;
  }
}

/** The server that tests run against instead of the embedded store; absent unless `TEST_DATABASE_URI` is set. */
export const EXTERNAL_STORE_URI = process.env['TEST_DATABASE_URI'];

/** An empty directory for a store's data; whoever asks for it removes it. */
export async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'gateway-store-'));
}
