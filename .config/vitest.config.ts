import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('..', import.meta.url));

export default defineConfig({
  root,
  // Vitest loads graphql's CommonJS and ESM builds side by side unless one file is named here.
  resolve: { alias: { graphql: `${root}node_modules/graphql/index.js` } },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // The embedded store lets a test file start one of its own; a server that is named is shared by all.
    fileParallelism: process.env['TEST_DATABASE_URI'] === undefined,
    // Parse Server, the oracle, keeps log files in the current folder unless told otherwise.
    env: { PARSE_SERVER_LOGS_FOLDER: 'null' },
    testTimeout: 30_000,
    hookTimeout: 60_000,
    server: { deps: { inline: [/graphql/, /@graphql-tools/] } },
  },
});
