import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The demo's master key: made at the first start, kept in its folder for the user alone to read. */
export async function readMasterKey(dataDirectory: string): Promise<string> {
  const file = join(dataDirectory, 'master-key');
  const known = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isMissingFile(error)) return '';
    throw error;
  });
  if (known.trim() !== '') return known.trim();
  const key = randomBytes(24).toString('base64url');
  await writeFile(file, `${key}\n`, { mode: 0o600 });
  return key;
}

function isMissingFile(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
