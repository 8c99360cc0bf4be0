import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { GOLDEN_FOLDER } from '../support/golden.ts';

const ROW = /^\| \[[^\]]+\]\(test\/golden\/(?<name>[a-z0-9-]+)\/query\.graphql\) +\| (?<cost>\d+) +\|/gm;

it('the README states the costs that are recorded here', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const stated = [...readme.matchAll(ROW)].map(({ groups = {} }) => [groups['name'], Number(groups['cost'])]);
  const counted = stated.map(([name]) => [name, countCommands(String(name))]);
  expect(stated).toEqual(counted);
  expect(stated.length).toBeGreaterThan(15);
});

function countCommands(name: string): number {
  const text = readFileSync(`${GOLDEN_FOLDER}${name}/commands.json`, 'utf8');
  return (JSON.parse(text) as readonly (readonly unknown[])[]).flat().length;
}
