import type { Plugin } from 'graphql-yoga';

/** `GET /health`: 200 `{"status":"ok"}` while the database answers, else 503 `{"status":"unavailable"}`. For load balancers: no key is asked for. */
export function useHealth(ping: () => Promise<void>): Plugin {
  return {
    async onRequest(event) {
      const { request, url, fetchAPI } = event;
      if (url.pathname !== '/health' || request.method !== 'GET') return;
      const isUp = await ping().then(
        () => true,
        () => false,
      );
      const body = { status: isUp ? 'ok' : 'unavailable' };
      const headers = { 'cache-control': 'no-store' };
      event.endResponse(fetchAPI.Response.json(body, { status: isUp ? 200 : 503, headers }));
    },
  };
}
