import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { ExampleDocuments } from './example-tabs.ts';

/** GraphiQL as it is sent: the same page, plain and compressed. */
export interface GraphiqlPage {
  readonly html: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

const OPTIONS_MARK = '__GATEWAY_GRAPHIQL_OPTIONS__';

/**
 * The page with everything it needs inside: styles, scripts and workers of our own bundle, so that it works without a network.
 * It opens with the examples, with the application id among its headers, and subscribes through graphql-ws.
 */
export async function renderPage(options: {
  readonly path: string;
  readonly applicationId: string;
  readonly examples: ExampleDocuments;
}): Promise<GraphiqlPage> {
  // Nine megabytes of text: loaded only once somebody opens the page.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const headers = { 'X-Parse-Application-Id': options.applicationId };
  const headerText = JSON.stringify(headers, undefined, 2);
  const { query, subscription } = options.examples;
  const documents = [query, ...(subscription === undefined ? [] : [subscription])];
  const page = {
    title: 'GraphiQL, parse-graphql-gateway',
    endpoint: options.path,
    headers: headerText,
    defaultHeaders: headerText,
    defaultTabs: documents.map((document) => ({ query: document, headers: headerText })),
    shouldPersistHeaders: true,
    subscriptionsProtocol: 'WS',
    connectionParams: headers,
  };
  const [before = '', after = ''] = renderGraphiQL({
    title: page.title,
    endpoint: OPTIONS_MARK,
  }).split(JSON.stringify({ title: page.title, endpoint: OPTIONS_MARK }));
  // A `<` in a script's text could end the script.
  const html = Buffer.from(before + JSON.stringify(page).replaceAll('<', '\\u003c') + after);
  return { html, gzipped: await promisify(gzip)(html) };
}
