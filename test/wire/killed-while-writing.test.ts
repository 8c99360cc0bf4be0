import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { expect, it } from 'vitest';
import { startHoldingProxy, type SentCommand } from '../support/holding-proxy.ts';
import { startStore } from '../support/start-store.ts';

const MASTER_KEY = 'killed-master-key';
const SCHEMA = [
  { _id: 'Company', name: 'string', country: '*Country' },
  { _id: 'Country', name: 'string' },
  { _id: 'Employee', name: 'string' },
  { _id: 'Team', name: 'string', company: '*Company', members: 'relation<Employee>' },
];
const NESTED_CREATE = `mutation { createTeam(input: { fields: { name: "T",
  company: { createAndLink: { name: "C", country: { createAndLink: { name: "L" } } } },
  members: { createAndAdd: [{ name: "A" }, { name: "B" }] } } }) { team { objectId } } }`;
const WRITTEN = ['Company', 'Country', 'Employee', 'Team', '_Join:members:Team'];

const MOMENTS: readonly {
  readonly moment: string;
  readonly isHeld: (command: SentCommand) => boolean;
}[] = [
  { moment: 'its second insert', isHeld: ({ insert }) => insert === 'Company' },
  { moment: 'its commit', isHeld: (command) => 'commitTransaction' in command },
];

it.for(MOMENTS)(
  'a gateway killed before $moment leaves nothing of a nested create',
  { concurrent: true, timeout: 60_000 },
  async ({ isHeld }) => {
    const store = startStore();
    const client = await MongoClient.connect(store.uri);
    const database = client.db(store.databaseName);
    const rows = SCHEMA.map((row) => ({
      ...row,
      objectId: 'string',
      createdAt: 'date',
      updatedAt: 'date',
    }));
    await database.collection<{ _id: string }>('_SCHEMA').insertMany(rows);
    const proxy = await startHoldingProxy(store.uri, isHeld);
    const gateway = spawnGateway(proxy.uriOf(store.databaseName));
    const url = await addressOf(gateway);
    const answer = fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-parse-application-id': 'killed',
        'x-parse-master-key': MASTER_KEY,
      },
      body: JSON.stringify({ query: NESTED_CREATE }),
    }).then((response) => response.text());

    const outcome = await Promise.race([proxy.held.then(() => 'held'), answer]);
    expect(outcome).toBe('held');
    gateway.kill('SIGKILL');
    await once(gateway, 'exit');
    await expect(answer).rejects.toThrow();

    const left = await Promise.all(
      WRITTEN.map((name) => database.collection(name).countDocuments()),
    );
    expect(left).toEqual(WRITTEN.map(() => 0));
    await proxy.close();
    await client.close();
    await store.close();
  },
);

function spawnGateway(databaseURI: string) {
  const { PATH, HOME } = process.env;
  return spawn(process.execPath, ['--import', 'tsx', 'src/cli/main.ts', 'serve'], {
    cwd: fileURLToPath(new URL('../../', import.meta.url)),
    env: {
      PATH,
      HOME,
      PARSE_SERVER_DATABASE_URI: databaseURI,
      PARSE_SERVER_APPLICATION_ID: 'killed',
      PARSE_SERVER_MASTER_KEY: MASTER_KEY,
      PARSE_SERVER_HOST: '127.0.0.1',
      PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Where it listens. @throws Error with its output when it ends before. */
async function addressOf(gateway: ReturnType<typeof spawnGateway>): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    const read = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
      const [, url] = /GraphQL and GraphiQL: (\S+)/.exec(output) ?? [];
      if (url !== undefined) resolve(url);
    };
    gateway.stdout.on('data', read);
    gateway.stderr.on('data', read);
    gateway.once('exit', () => {
      reject(new Error(`the gateway ended:\n${output}`));
    });
  });
}
