import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startGateway, type TestGateway } from '../support/start-gateway.ts';

const CHROMIUM = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium';
const hasBrowser = existsSync(CHROMIUM);

if (!hasBrowser) {
  if (process.env['CI'] === 'true') throw new Error(`the browser tests need ${CHROMIUM}`);
  process.stderr.write(
    `The browser tests are skipped: there is no ${CHROMIUM} (apt-get install chromium).\n`,
  );
}

describe.skipIf(!hasBrowser)('GraphiQL in a browser without a network', () => {
  let test: TestGateway;
  let browser: Browser;
  let page: Page;
  const refused: string[] = [];
  const problems: string[] = [];

  beforeAll(async () => {
    test = await startGateway({ settings: { graphQLPublicIntrospection: 'true' } });
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [
        '--no-sandbox',
        // Every name but the loopback's own fails to resolve.
        '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      ],
    });
    page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (/^(https?|wss?):$/.test(protocol) && hostname !== '127.0.0.1') {
        refused.push(request.url());
      }
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) problems.push(message.text());
    });
    await page.goto(test.url);
  });

  afterAll(async () => {
    await browser.close();
    await test.close();
  });

  const response = () => page.locator('.graphiql-response, .result-window').first();
  const run = () => page.locator('button[aria-label^="Execute query"]').click();

  it('opens with a query of the data at hand, and runs it', async () => {
    await page.locator('button[aria-label^="Execute query"]').waitFor();
    await expect.poll(() => page.locator('.view-lines').first().innerText()).toContain('countries');
    await run();
    await expect.poll(() => response().innerText(), { timeout: 15_000 }).toContain('Afghanistan');
  });

  it('shows an event when another client writes', async () => {
    await page.getByRole('tab', { name: 'Changes' }).click();
    await expect
      .poll(() => page.locator('.view-lines').first().innerText())
      .toContain('subscription');
    // GraphiQL takes up what its editor shows a moment later; until then the button runs the tab before.
    const subscribed = async () => {
      if (test.gateway.subscriptionCount === 0) await run();
      return test.gateway.subscriptionCount;
    };
    await expect.poll(subscribed, { timeout: 20_000, interval: 1_500 }).toBe(1);
    const asMaster = { 'x-parse-master-key': test.masterKey };
    const found = await test.graphql('{ countries(first: 1) { edges { node { objectId } } } }');
    const { edges } = found.data!['countries'] as {
      readonly edges: readonly { readonly node: { readonly objectId: string } }[];
    };
    const id = edges[0]!.node.objectId;
    const rename = `mutation { updateCountry(input: {id: "${id}", fields: {name: "Nowhere"}}) { clientMutationId } }`;
    expect((await test.graphql(rename, {}, asMaster)).errors).toBeUndefined();
    await expect.poll(() => response().innerText(), { timeout: 10_000 }).toContain('Nowhere');
  });

  it('asked nobody but the gateway for anything', () => {
    expect(refused).toEqual([]);
    expect(problems).toEqual([]);
  });
});
