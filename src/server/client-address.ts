import type { IncomingMessage } from 'node:http';
import { addressCheckOf } from '../access/address-ranges.ts';
import type { TrustProxy } from './trust-proxy.ts';

/** Tells from which address a request came; `undefined` once its socket is gone. */
export type ClientAddress = (request: IncomingMessage) => string | undefined;

/**
 * The socket's address, or, as far as proxies are trusted, the one they forwarded: walking `X-Forwarded-For` from its end, the
 * first address that is no trusted proxy.
 */
export function clientAddressFor(trust: TrustProxy): ClientAddress {
  const isTrusted = trustCheckOf(trust);
  return (request) => {
    const header = request.headers['x-forwarded-for'];
    const forwarded = [header ?? []].flat().join(',').split(',');
    const hops = [
      request.socket.remoteAddress,
      ...forwarded.reverse().map((part) => part.trim()),
    ].filter((hop) => hop !== undefined && hop !== '');
    const client = hops.findIndex((hop, index) => !isTrusted(hop ?? '', index));
    return hops.at(client);
  };
}

/** Whether an address may say who the client is; `hop` counts proxies from this server outwards, from 0. */
export function trustCheckOf(trust: TrustProxy): (address: string, hop: number) => boolean {
  if (typeof trust === 'boolean') return () => trust;
  if (typeof trust === 'number') return (_address, hop) => hop < trust;
  const isListed = addressCheckOf(trust);
  return (address) => isListed(address);
}
