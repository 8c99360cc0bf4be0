import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createEngine, type EngineOptions } from '../../../src/embedded/engine/create-engine.ts';
import type { Engine, Namespace } from '../../../src/embedded/engine/engine.ts';

export { index } from './index-spec.ts';

export const PEOPLE: Namespace = { database: 'test', collection: 'people' };

/** An empty folder that goes away with the test. */
export function temporaryFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'engine-'));
  onTestFinished(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

/** An engine that is closed with the test. */
export function openEngine(options: Partial<EngineOptions> = {}): Engine {
  const engine = createEngine({ path: temporaryFolder(), ...options });
  onTestFinished(() => engine.close());
  return engine;
}
