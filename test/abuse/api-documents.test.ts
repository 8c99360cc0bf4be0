import { describe, expect, test } from 'vitest';
import { ApiRun } from '../support/api-run.ts';

function seeded(): ApiRun {
  const run = new ApiRun();
  const lead = run.store.put('Employee', 'e1', { firstName: 'Ann' });
  for (let index = 0; index < 50; index += 1) {
    const team = run.store.put('Team', `t${index}`, { name: `T${index}`, lead });
    run.store.relate(team, 'members', 'e1');
  }
  return run;
}

describe('hostile documents cost no more than they say', () => {
  test('fragments that would double at every step are opened once', async () => {
    const run = seeded();
    const steps = 40;
    const fragments = Array.from(
      { length: steps },
      (_, index) => `fragment F${index} on Team { ...F${index + 1} ...F${index + 1} }`,
    );
    const started = performance.now();
    await run.data(
      `{ teams { edges { node { ...F0 } } } } ${fragments.join('\n')} fragment F${steps} on Team { name }`,
    );
    expect(performance.now() - started).toBeLessThan(5000);
    expect(run.store.commands).toEqual(['find Team']);
  });

  test('hundreds of aliases of one relation and pointer are one command each', async () => {
    const run = seeded();
    const aliases = Array.from(
      { length: 200 },
      (_, index) =>
        `m${index}: members { count edges { node { firstName } } } l${index}: lead { firstName }`,
    );
    await run.data(`{ teams(first: 5) { edges { node { ${aliases.join(' ')} } } } }`);
    expect([...run.store.commands].sort()).toEqual([
      'countRelated Employee',
      'find Employee',
      'find Team',
      'findRelated Employee',
    ]);
  });

  test('the same root under many aliases is one command', async () => {
    const run = seeded();
    const aliases = Array.from(
      { length: 100 },
      (_, index) => `a${index}: teams { count edges { node { name } } }`,
    );
    await run.data(`{ ${aliases.join(' ')} }`);
    expect([...run.store.commands].sort()).toEqual(['count Team', 'find Team']);
  });

  test.each([
    ['an id of 100,000 letters', `{ team(id: "${'x'.repeat(100_000)}") { id } }`, 101],
    ['an empty id', '{ team(id: "") { id } }', 101],
    ['a cursor of 100,000 letters', `{ teams(after: "${'QUFB'.repeat(25_000)}") { count } }`, 102],
    [
      'an id that is base64 of rubbish',
      `{ node(id: "${Buffer.from('\0\u{1F600}:').toString('base64')}") { id } }`,
      101,
    ],
    [
      'the id of a class that JavaScript has',
      `{ node(id: "${Buffer.from('constructor:x').toString('base64')}") { id } }`,
      101,
    ],
  ])('%s is refused with a code', async (_title, document, code) => {
    const run = seeded();
    const { errors } = await run.ask(document);
    expect(errors.map((error) => error.code)).toEqual([code]);
    expect(run.unexpected).toEqual([]);
  });
});
