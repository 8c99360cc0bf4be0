import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

let test: TestGateway;

beforeAll(async () => {
  // Some audits read the schema.
  const settings = { graphQLPublicIntrospection: 'true', graphQLPath: '/parse/graphql' };
  test = await startGateway({ settings, seed: () => Promise.resolve() });
});

afterAll(async () => {
  await test.close();
});

describe('GraphQL over HTTP, by the public audits', () => {
  const audits = serverAudits({
    url: () => test.url,
    fetchFn: (url: string, init?: RequestInit) => {
      const headers = new Headers(init?.headers);
      headers.set('x-parse-application-id', test.appId);
      return fetch(url, { ...init, headers });
    },
  });
  for (const audit of audits) {
    it(audit.name, async () => {
      const result = await audit.fn();
      expect(result.status === 'ok' ? '' : result.reason).toBe('');
    });
  }
});

const post = async (url: string, body: object) =>
  fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-parse-application-id': test.appId },
    body: JSON.stringify(body),
  });

describe('the address of the API', () => {
  it('may end with a slash', async () => {
    const response = await post(`${test.url}/`, { query: '{ health }' });
    expect(await response.json()).toEqual({ data: { health: true } });
    const page = await fetch(`${test.url}/`, { headers: { accept: 'text/html' } });
    expect(await page.text()).toContain('GraphiQL');
  });

  it('asks for credentials with a slash, too', async () => {
    const response = await fetch(`${test.url}/?query={health}`);
    expect(response.status).toBe(403);
  });

  it.each([
    '/graphql',
    '/x/parse/graphql',
    '/x?y=/parse/graphql',
    '/parse/graphql/x',
    '//parse/graphql',
  ])('is not %s', async (path) => {
    const response = await post(new URL(test.url).origin + path, { query: '{ health }' });
    expect([response.status, await response.text()]).toEqual([404, '']);
  });
});

describe('a checksum in place of a text', () => {
  const extensions = { persistedQuery: { version: 1, sha256Hash: 'a'.repeat(64) } };
  const unsupported = {
    errors: [{ message: 'PersistedQueryNotSupported', extensions: { code: 108 } }],
  };

  it('is answered in words that clients know, so that they send the text', async () => {
    expect(await (await post(test.url, { extensions })).json()).toEqual(unsupported);
    const url = new URL(test.url);
    url.searchParams.set('extensions', JSON.stringify(extensions));
    const headers = { 'x-parse-application-id': test.appId };
    expect(await (await fetch(url, { headers })).json()).toEqual(unsupported);
  });

  it('does no harm beside the text', async () => {
    const response = await post(test.url, { query: '{ health }', extensions });
    expect(await response.json()).toEqual({ data: { health: true } });
  });
});
