import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { trustCheckOf } from './client-address.ts';
import type { TrustProxy } from './trust-proxy.ts';

/** Tells under which origin a request reached this server, e.g. `https://example.com:8443`. */
export type RequestOrigin = (request: IncomingMessage) => string;

/** A host as browsers write it: a name, an IPv4 or a bracketed IPv6 address, and perhaps a port. */
const HOST = /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/;

/**
 * By the `Host` header, or by `X-Forwarded-Host` and `X-Forwarded-Proto` where the sender is a trusted proxy. Whoever asks can only
 * mislead himself by a wrong host. Without a usable one: the address of the socket.
 */
export function requestOriginFor(trust: TrustProxy): RequestOrigin {
  const isTrusted = trustCheckOf(trust);
  return (request) => {
    const { headers, socket } = request;
    const isForwarded = isTrusted(socket.remoteAddress ?? '', 0);
    const forwarded = (name: string): string | undefined =>
      isForwarded ? [headers[name] ?? []].flat()[0]?.split(',')[0]?.trim() : undefined;
    const isSecure = socket instanceof TLSSocket;
    const protocol = forwarded('x-forwarded-proto') === 'https' || isSecure ? 'https' : 'http';
    const host = [forwarded('x-forwarded-host'), headers.host].find((each) =>
      HOST.test(each ?? ''),
    );
    return `${protocol}://${host ?? `localhost:${socket.localPort ?? 80}`}`;
  };
}
