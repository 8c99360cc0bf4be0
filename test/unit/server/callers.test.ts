import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { clientAddressFor } from '../../../src/server/client-address.ts';
import {
  credentialsOfHeaders,
  credentialsOfParameters,
} from '../../../src/server/client-credentials.ts';
import type { TrustProxy } from '../../../src/server/trust-proxy.ts';

describe('clientAddressFor', () => {
  const request = (forwarded?: string) =>
    ({
      headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      socket: { remoteAddress: '10.0.0.1' },
    }) as unknown as IncomingMessage;

  it.each<[TrustProxy, string | undefined, string]>([
    [false, '1.1.1.1', '10.0.0.1'],
    [true, '1.1.1.1, 2.2.2.2', '1.1.1.1'],
    [1, '1.1.1.1, 2.2.2.2', '2.2.2.2'],
    [2, '1.1.1.1, 2.2.2.2', '1.1.1.1'],
    [['10.0.0.0/8'], '1.1.1.1, 10.0.0.9', '1.1.1.1'],
    [['10.0.0.0/8'], '127.0.0.1, 1.1.1.1', '1.1.1.1'],
    [true, undefined, '10.0.0.1'],
  ])('trusting %s, X-Forwarded-For %s is %s', (trust, forwarded, address) => {
    expect(clientAddressFor(trust)(request(forwarded))).toBe(address);
  });
});

describe('credentials', () => {
  it('come from headers in any letter case', () => {
    const headers = new Headers({ 'X-Parse-Application-Id': 'a', 'x-parse-session-token': 't' });
    expect(credentialsOfHeaders(headers)).toMatchObject({
      applicationId: 'a',
      sessionToken: 't',
      masterKey: undefined,
    });
  });

  it('come from Basic authentication when there is no application id', () => {
    const basic = (text: string) =>
      credentialsOfHeaders(new Headers({ authorization: `Basic ${btoa(text)}` }));
    expect(basic('app:key:with:colons')).toMatchObject({
      applicationId: 'app',
      masterKey: 'key:with:colons',
    });
    expect(basic('app:javascript-key=js')).toMatchObject({
      applicationId: 'app',
      javascriptKey: 'js',
      masterKey: undefined,
    });
  });

  it('come from parameters, the later ones first, with whatever type they have', () => {
    const token = { $ne: null };
    expect(
      credentialsOfParameters(
        { 'X-PARSE-APPLICATION-ID': 'a' },
        { 'x-parse-session-token': token },
        undefined,
        7,
      ),
    ).toMatchObject({ applicationId: 'a', sessionToken: token });
  });
});
