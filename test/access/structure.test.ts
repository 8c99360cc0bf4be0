import { readFile, readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const SOURCE = fileURLToPath(new URL('../../src', import.meta.url));

async function importersOf(file: string): Promise<readonly string[]> {
  const entries = await readdir(SOURCE, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  const importers: string[] = [];
  for (const { parentPath, name } of files) {
    const path = join(parentPath, name);
    if ((await readFile(path, 'utf8')).includes(`/${file}'`))
      importers.push(relative(SOURCE, path));
  }
  return importers.sort();
}

it('only access/ makes guarded stores and feeds, because only it knows their mark', async () => {
  expect(await importersOf('guarded-brand.ts')).toEqual([
    'access/create-guarded-config.ts',
    'access/create-guarded-feed.ts',
    'access/create-guarded-files.ts',
    'access/create-guarded-store.ts',
    'access/guarded-config.ts',
    'access/guarded-feed.ts',
    'access/guarded-files.ts',
    'access/guarded-store.ts',
  ]);
});

it('only server/ hands out the makers of guarded stores, feeds and principals', async () => {
  for (const maker of [
    'create-guarded-store.ts',
    'create-guarded-feed.ts',
    'create-guarded-files.ts',
    'create-guarded-config.ts',
  ]) {
    const importers = await importersOf(maker);
    expect(importers.filter((path) => !path.startsWith('server/'))).toEqual([]);
  }
});
