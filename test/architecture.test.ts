import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const source = fileURLToPath(new URL('../src', import.meta.url));

/** The rings, inside out: a folder imports itself and folders before it. */
const rings = [
  'parse',
  'query',
  'storage',
  'access',
  'loaders',
  'account',
  'files',
  'cloud',
  'api',
  'live',
  'server',
  'cli',
];
const guarded = new Set(['loaders', 'account', 'files', 'cloud', 'api', 'live']);
const composers = new Set(['server', 'cli']);

interface Import {
  readonly from: string;
  readonly to: string;
}

function listSources(): readonly string[] {
  return listFiles(source).filter((file) => file.endsWith('.ts'));
}

function listFiles(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

function readImports(file: string): readonly Import[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, target]) => ({
    from: relative(source, file),
    to: relative(source, resolve(dirname(file), target ?? '')),
  }));
}

const folderOf = (path: string): string => (path.includes('/') ? (path.split('/')[0] ?? '') : '');
const files = listSources();
const imports = files.flatMap(readImports);

/** Why this import is not allowed; undefined when it is. */
function refusal({ from, to }: Import): string | undefined {
  const [inner, outer] = [folderOf(from), folderOf(to)];
  if (inner === outer || inner === '') return undefined;
  if (inner === 'embedded') return 'the embedded store knows nothing of the gateway';
  if (outer === 'embedded') {
    return composers.has(inner) ? undefined : 'the embedded store is reached by URI';
  }
  if (outer === 'storage' && guarded.has(inner)) return 'read and write through a GuardedStore';
  return rings.indexOf(outer) > rings.indexOf(inner) ? 'imports point inward' : undefined;
}

function groupByFile(): ReadonlyMap<string, readonly Import[]> {
  const groups = new Map<string, Import[]>();
  for (const edge of imports) groups.set(edge.from, [...(groups.get(edge.from) ?? []), edge]);
  return groups;
}

/** The first import cycle met in a depth-first walk, as the files on it. */
function findCycle(): readonly string[] | undefined {
  const edges = groupByFile();
  const done = new Set<string>();
  const visit = (file: string, open: readonly string[]): readonly string[] | undefined => {
    if (open.includes(file)) return [...open.slice(open.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const { to } of edges.get(file) ?? []) {
      const cycle = visit(to, [...open, file]);
      if (cycle !== undefined) return cycle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of files.map((path) => relative(source, path))) {
    const cycle = visit(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

describe('the house', () => {
  it('has sources and imports to look at', () => {
    expect(files.length).toBeGreaterThan(50);
    expect(imports.length).toBeGreaterThan(100);
  });

  it('keeps imports pointing inward', () => {
    const refused = imports.flatMap((edge) => {
      const why = refusal(edge);
      return why === undefined ? [] : [`${edge.from} -> ${edge.to}: ${why}`];
    });
    expect(refused).toEqual([]);
  });

  it('refuses a planted outward import', () => {
    expect(refusal({ from: 'parse/acl.ts', to: 'query/page.ts' })).toBe('imports point inward');
    expect(refusal({ from: 'api/errors.ts', to: 'storage/object-store.ts' })).toBe(
      'read and write through a GuardedStore',
    );
  });

  it('has no import cycle', () => {
    expect(findCycle()).toBeUndefined();
  });

  it('describes each of its folders in a README', () => {
    const undescribed = rings
      .filter((ring) => files.some((file) => folderOf(relative(source, file)) === ring))
      .filter((ring) => !listFiles(join(source, ring)).some((file) => file.endsWith('README.md')));
    expect(undescribed).toEqual([]);
  });
});
