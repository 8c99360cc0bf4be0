import { rm } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { createStore } from '../../src/embedded/create-store.ts';
import { EXTERNAL_STORE_URI, temporaryDirectory } from './store-location.ts';

/**
 * Starts the one store of a test run in a temporary directory and provides its address as `storeUri`.
 *
 * With `TEST_DATABASE_URI` nothing is started.
 *
 * @returns what stops the store and removes its data after the last test.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (EXTERNAL_STORE_URI !== undefined) {
    project.provide('storeUri', EXTERNAL_STORE_URI);
    return async () => Promise.resolve();
  }
  const dataDirectory = await temporaryDirectory();
  const store = await createStore({ dataDirectory, port: 0 });
  project.provide('storeUri', store.uri);
  return async () => {
    await store.close();
    await rm(dataDirectory, { recursive: true, force: true });
  };
}
