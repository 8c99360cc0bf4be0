import type { Plugin } from 'graphql-yoga';
import type { GraphQLSchema } from 'graphql';
import { isApiPath } from '../api-path.ts';
import { buildExamples } from '../graphiql/example-tabs.ts';
import { takeTurns } from '../take-turns.ts';
import { renderPage, type GraphiqlPage } from '../graphiql/render-page.ts';

/** Everything comes from this server, whatever the page is tricked into. */
const POLICY = [
  "default-src 'none'",
  "script-src 'unsafe-inline' 'unsafe-eval' blob:",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  'worker-src blob:',
  "connect-src 'self' ws: wss: data: blob:",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves GraphiQL to browsers that open the API's address. The page is made once for each schema. */
export function useGraphiql(options: {
  readonly path: string;
  readonly applicationId: string;
  readonly schema: () => GraphQLSchema;
}): Plugin {
  const pages = new WeakMap<GraphQLSchema, Promise<GraphiqlPage>>();

  function pageFor(schema: GraphQLSchema): Promise<GraphiqlPage> {
    const known = pages.get(schema);
    if (known !== undefined) return known;
    const page = takeTurns(buildExamples(schema)).then((examples) =>
      renderPage({ ...options, examples }),
    );
    pages.set(schema, page);
    page.catch(() => pages.delete(schema));
    return page;
  }

  return {
    async onRequest(event) {
      const { request, url, fetchAPI } = event;
      const isPage = request.method === 'GET' && isApiPath(url, options.path);
      const wantsHtml = request.headers.get('accept')?.includes('text/html') === true;
      if (!isPage || !wantsHtml) return;
      const page = await pageFor(options.schema());
      const isGzipped = request.headers.get('accept-encoding')?.includes('gzip') === true;
      event.endResponse(
        new fetchAPI.Response(isGzipped ? page.gzipped : page.html, {
          headers: {
            'content-type': 'text/html; charset=utf-8',
            'content-security-policy': POLICY,
            'cache-control': 'no-cache',
            vary: 'accept, accept-encoding',
            ...(isGzipped && { 'content-encoding': 'gzip' }),
          },
        }),
      );
    },
  };
}
