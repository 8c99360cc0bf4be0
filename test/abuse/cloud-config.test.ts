import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  const settings = { readOnlyMasterKey: 'read-only', maintenanceKey: 'maintenance' };
  gateway = await startGateway({ seed: () => Promise.resolve(), settings });
});

afterAll(async () => {
  await gateway.close();
});

const UPDATE =
  'mutation ($value: String!, $isMasterKeyOnly: Boolean) { updateCloudConfig(input: { paramName: "colour", value: $value, isMasterKeyOnly: $isMasterKeyOnly }) { cloudConfig { value isMasterKeyOnly } } }';
const READ = '{ cloudConfig(paramName: "colour") { value isMasterKeyOnly } }';

it('a read-only key reads the configuration and does not write it, a maintenance key and a stranger do neither', async () => {
  const master = { 'x-parse-master-key': gateway.masterKey };
  const written = await gateway.graphql(UPDATE, { value: 'blue' }, master);
  const blue = { value: 'blue', isMasterKeyOnly: false };
  expect(written).toEqual({ data: { updateCloudConfig: { cloudConfig: blue } } });
  const refused = { errors: [{ extensions: { code: 119 } }] };
  const readOnly = { 'x-parse-master-key': 'read-only' };
  expect(await gateway.graphql(READ, {}, readOnly)).toEqual({ data: { cloudConfig: blue } });
  expect(await gateway.graphql(UPDATE, { value: 'red' }, readOnly)).toMatchObject(refused);
  for (const headers of [{ 'x-parse-maintenance-key': 'maintenance' }, {}]) {
    gateway.takeCommands();
    expect(await gateway.graphql(READ, {}, headers)).toMatchObject(refused);
    expect(await gateway.graphql(UPDATE, { value: 'red' }, headers)).toMatchObject(refused);
    expect(gateway.takeCommands()).toEqual([]);
  }
  expect(await gateway.graphql(READ, {}, master)).toEqual({ data: { cloudConfig: blue } });
});

it('null opens a parameter as leaving it out does, and what is no text is refused', async () => {
  const master = { 'x-parse-master-key': gateway.masterKey };
  const opened = await gateway.graphql(UPDATE, { value: '', isMasterKeyOnly: null }, master);
  const empty = { value: '', isMasterKeyOnly: false };
  expect(opened).toEqual({ data: { updateCloudConfig: { cloudConfig: empty } } });
  for (const value of [7, null, ['a'], { $set: 1 }]) {
    const { errors } = await gateway.graphql(UPDATE, { value }, master);
    expect(errors).toMatchObject([{ extensions: { code: 102 } }]);
  }
  expect(await gateway.graphql(READ, {}, master)).toEqual({ data: { cloudConfig: empty } });
});
