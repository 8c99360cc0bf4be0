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
