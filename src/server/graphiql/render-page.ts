import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { ExampleDocuments } from './example-tabs.ts';
import { loadPageTemplate, PAGE_TITLE, type PageTemplate } from './page-template.ts';

/** GraphiQL as it is sent: the same page, plain and compressed. */
export interface GraphiqlPage {
  readonly html: Uint8Array<ArrayBuffer>;
  readonly gzipped: Uint8Array<ArrayBuffer>;
}

let template: Promise<PageTemplate> | undefined;

/** One for all pages of a process; tried again when it could not be had. */
function pageTemplate(): Promise<PageTemplate> {
  template ??= loadPageTemplate().catch((error: unknown) => {
    template = undefined;
    throw error;
  });
  return template;
}

/**
 * The page with everything it needs inside: styles, scripts and workers of our own bundle, so that it works without a network.
 * It opens with the examples, with the application id among its headers, and subscribes through graphql-ws.
 */
export async function renderPage(options: {
  readonly path: string;
  readonly applicationId: string;
  readonly examples: ExampleDocuments;
}): Promise<GraphiqlPage> {
  const headers = { 'X-Parse-Application-Id': options.applicationId };
  const headerText = JSON.stringify(headers, undefined, 2);
  const { query, subscription } = options.examples;
  const documents = [query, ...(subscription === undefined ? [] : [subscription])];
  const page = {
    title: PAGE_TITLE,
    endpoint: options.path,
    headers: headerText,
    defaultHeaders: headerText,
    defaultTabs: documents.map((document) => ({ query: document, headers: headerText })),
    shouldPersistHeaders: true,
    subscriptionsProtocol: 'WS',
    connectionParams: headers,
  };
  // A `<` in a script's text could end the script.
  const text = JSON.stringify(page).replaceAll('<', '\\u003c');
  const { before, after } = await pageTemplate();
  const html = Buffer.concat([before, Buffer.from(text), after]);
  return { html, gzipped: await promisify(gzip)(html) };
}
