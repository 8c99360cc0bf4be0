import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createEngine, type EngineOptions } from '../../../src/embedded/engine/create-engine.ts';
import type { Engine, IndexSpec, Namespace } from '../../../src/embedded/engine/engine.ts';

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

/** An index as the createIndexes command would describe it: `index({a: 1}, {unique: true})`. */
export function index(
  key: Record<string, IndexSpec['key'][number][1]>,
  options: Partial<IndexSpec> = {},
): IndexSpec {
  const name = Object.entries(key)
    .map(([path, direction]) => `${path}_${direction}`)
    .join('_');
  return {
    name,
    key: Object.entries(key),
    unique: false,
    sparse: false,
    hidden: false,
    given: { v: 2, key, name, ...options },
    ...options,
  };
}
