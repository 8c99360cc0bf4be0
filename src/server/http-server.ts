import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How long requests that run may take once the server stops. */
const DRAIN_MS = 10_000;

/** Listens; resolves with the port, which differs from the wanted one only when that is 0. @throws Node's error, e.g. `EADDRINUSE`. */
export function listen(
  server: Server,
  where: { readonly host: string; readonly port: number },
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(where.port, where.host, () => {
      server.off('error', reject);
      const { port } = server.address() as AddressInfo;
      resolve(port);
    });
  });
}

/** Accepts nothing new, closes idle connections at once and busy ones when they have answered, or after ten seconds. */
export async function stopListening(server: Server): Promise<void> {
  const impatience = setTimeout(() => {
    server.closeAllConnections();
  }, DRAIN_MS);
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
  });
  clearTimeout(impatience);
}
