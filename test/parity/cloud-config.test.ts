import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparable } from './compare-answers.ts';
import type { Caller } from './read-corpus.ts';
import { startPair, type GraphqlAnswer, type Pair } from './start-pair.ts';

const update = (name: string, value: string, more = ''): string =>
  `mutation { updateCloudConfig(input: { paramName: ${JSON.stringify(name)}, value: ${JSON.stringify(value)}${more}, clientMutationId: "m" }) { clientMutationId cloudConfig { value isMasterKeyOnly } } }`;
const read = (name: string): string =>
  `{ cloudConfig(paramName: ${JSON.stringify(name)}) { value isMasterKeyOnly } }`;

describe('the configuration of an app', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair();
  }, 120_000);
  afterAll(async () => {
    await pair.close();
  });

  const writers = (): readonly ((document: string, caller: Caller) => Promise<GraphqlAnswer>)[] => [
    pair.askParseServer,
    pair.askGateway,
  ];

  it('is written alike, onto nothing and onto what is there, and read by either', async () => {
    const outcomes = [];
    for (const ask of writers()) {
      await pair.removeRows('_GlobalConfig');
      const answers = [];
      for (const document of [
        update('plain', 'a'),
        update('plain', 'b'),
        update('hidden', 'c', ', isMasterKeyOnly: true'),
        update('open', 'd', ', isMasterKeyOnly: false'),
        update('empty', ''),
        update('$two words-ä', 'e').replace('$', ''),
      ]) {
        answers.push(comparable(await ask(document, 'master'), true));
      }
      outcomes.push({ answers, rows: await pair.readRows('_GlobalConfig') });
      for (const [name, value, isMasterKeyOnly] of [
        ['plain', 'b', false],
        ['hidden', 'c', true],
        ['two words-ä', 'e', false],
        ['absent', null, null],
      ] as const) {
        for (const reader of writers()) {
          expect(await reader(read(name), 'master')).toEqual({
            data: { cloudConfig: { value, isMasterKeyOnly } },
          });
        }
      }
    }
    const [theirs, ours] = outcomes;
    expect(ours).toEqual(theirs);
    expect(ours?.rows).toHaveLength(1);
  });

  it('is for the master key alone, and refused before anything is written', async () => {
    const before = await pair.readRows('_GlobalConfig');
    for (const caller of ['anonymous', 'alice'] as const) {
      for (const document of [update('plain', 'mine'), read('plain')]) {
        const [theirs, ours] = await Promise.all([
          pair.askParseServer(document, caller),
          pair.askGateway(document, caller),
        ]);
        expect(comparable(ours, true)).toEqual(comparable(theirs, true));
        expect(ours.errors?.[0]?.extensions?.code).toBe(119);
      }
    }
    expect(await pair.readRows('_GlobalConfig')).toEqual(before);
  });

  it.each(['', 'a.b', '$set', '$', 'params.x', 'nul\0'])(
    'takes %j for no name, and writes nothing',
    async (name) => {
      const before = await pair.readRows('_GlobalConfig');
      const { errors } = await pair.askGateway(update(name, 'x'), 'master');
      expect(errors).toMatchObject([{ extensions: { code: 105 } }]);
      expect(await pair.readRows('_GlobalConfig')).toEqual(before);
    },
  );

  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'has no %s of its own accord, and keeps one that is set',
    async (name) => {
      const nothing = { data: { cloudConfig: { value: null, isMasterKeyOnly: null } } };
      expect(await pair.askGateway(read(name), 'master')).toEqual(nothing);
      await pair.askGateway(update(name, 'x'), 'master');
      const set = { data: { cloudConfig: { value: 'x', isMasterKeyOnly: false } } };
      expect(await pair.askGateway(read(name), 'master')).toEqual(set);
    },
  );
});
