import { it } from 'vitest';
import { startPair } from './start-pair.ts';
import { appendFileSync, writeFileSync } from 'node:fs';
it('x', async () => {
  const pair = await startPair();
  writeFileSync('/tmp/zz.txt', '');
  const docs: [string, any][] = [
    [
      '{ employees(where: { company: { have: { name: { equalTo: "Kaze" } } } }) { count } }',
      'alice',
    ],
    [
      '{ companies(where: { location: { nearSphere: { latitude: 48, longitude: 2 }, maxDistanceInKilometers: 2000 } }) { count edges { node { name} } } }',
      'alice',
    ],
    [
      '{ companies(where: { location: { nearSphere: { latitude: 48, longitude: 2 }, maxDistanceInKilometers: 2000 } }) { edges { node { name} } } }',
      'alice',
    ],
    [
      `{ companies { edges { node { name founded revenue settings tags { ... on Element { value } }
     location { latitude longitude } seal country { objectId name code population isMember } } } } }`,
      'alice',
    ],
    [
      `{ teams { edges { node { name featured { __typename ... on Element { value } ... on Employee { objectId firstName }
     ... on Company { objectId name } } } } } }`,
      'alice',
    ],
    ['{ secrets(where: { level: { equalTo: 2 } }) { edges { node { title } } } }', 'anonymous'],
    ['{ employees(where: { hiredAt: { equalTo: "no date" } }) { count } }', 'alice'],
  ];
  for (const [d, c] of docs) {
    appendFileSync(
      '/tmp/zz.txt',
      `\n### ${c} ${d}\nPS ${JSON.stringify(await pair.askParseServer(d, c))}\nGW ${JSON.stringify(await pair.askGateway(d, c))}\n`,
    );
  }
  await pair.close();
}, 100000);
