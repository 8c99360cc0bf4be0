import { IncomingMessage, type IncomingHttpHeaders } from 'node:http';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { requestOriginFor } from '../../../src/server/request-origin.ts';
import type { TrustProxy } from '../../../src/server/trust-proxy.ts';

function originOf(headers: IncomingHttpHeaders, trust: TrustProxy = false): string {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, headers);
  return requestOriginFor(trust)(request);
}

const forwarded = { 'x-forwarded-host': 'a.example, b', 'x-forwarded-proto': 'https, http' };

it('is that of the host header', () => {
  expect(originOf({ host: 'localhost:4000' })).toBe('http://localhost:4000');
  expect(originOf({ host: '[::1]:4000' })).toBe('http://[::1]:4000');
});

it('is what a proxy forwards, where it is trusted', () => {
  expect(originOf({ host: 'inner', ...forwarded })).toBe('http://inner');
  expect(originOf({ host: 'inner', ...forwarded }, true)).toBe('https://a.example');
});

it.for(['evil/path', 'a@b', 'a b', '"><script>', '', 'a:99999999'])(
  'is not taken from a host that is none: %j',
  (host) => {
    expect(originOf({ host })).toBe('http://localhost:80');
  },
);
