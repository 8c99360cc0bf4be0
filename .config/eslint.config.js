import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import tseslint from 'typescript-eslint';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The rings of the house, inside out: a folder may import only itself and folders before it. */
const order = [
  'parse',
  'query',
  'storage',
  'access',
  'loaders',
  'account',
  'files',
  'cloud',
  'api',
  'live',
  'server',
  'cli',
];

/** Folders that must read and write through a GuardedStore, never straight from storage. */
const guarded = ['loaders', 'account', 'files', 'cloud', 'api', 'live'];

const zones = [
  ...order.slice(0, -1).map((inner, index) => ({
    target: `./src/${inner}`,
    from: order.slice(index + 1).map((outer) => `./src/${outer}`),
    message: `${inner}/ must not know an outer layer`,
  })),
  {
    target: guarded.map((folder) => `./src/${folder}`),
    from: './src/storage',
    message: 'read and write through access/ (a GuardedStore), never straight from storage/',
  },
  {
    target: './src/embedded',
    from: order.map((folder) => `./src/${folder}`),
    message: 'embedded/ is a database: it knows nothing of Parse or of the gateway',
  },
  {
    target: order
      .filter((folder) => !['server', 'cli'].includes(folder))
      .map((folder) => `./src/${folder}`),
    from: './src/embedded',
    message: 'only server/ and cli/ start the embedded store; everything else talks to it by URI',
  },
  { target: './src', from: './test', message: 'tests are not part of the product' },
];

/** Packages that only some folders may import, and why. */
const packageOwners = [
  {
    name: 'mongodb',
    owners: ['storage'],
    message: 'only storage/mongo/ talks to the driver',
  },
  { name: 'dataloader', owners: ['loaders'], message: 'batching lives in loaders/' },
  {
    name: 'graphql',
    owners: ['api', 'server'],
    message: 'GraphQL exists in api/ and server/ only',
  },
  { name: 'lmdb', owners: ['embedded'], message: 'only the embedded store writes files' },
];

// One entry per folder: flat configuration replaces a rule's options, it does not merge them.
const restrictedPackages = [...order, 'embedded'].map((folder) => ({
  files: [`src/${folder}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: packageOwners
          .filter(({ owners }) => !owners.includes(folder))
          .map(({ name, message }) => ({ name, message })),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'test/support/generated/**'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    basePath: root,
    languageOptions: {
      parserOptions: { project: [`${root}/tsconfig.json`], tsconfigRootDir: root },
    },
    plugins: { 'import-x': importX },
    settings: {
      ...importX.flatConfigs.typescript.settings,
      // Without an explicit resolver for .ts, no-cycle reports nothing, silently.
      'import-x/resolver': { node: { extensions: ['.ts'] } },
    },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: root, zones }],
      'import-x/no-default-export': 'error',
      'max-params': ['error', 4],
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Overflows the stack on graphql's recursive types (typescript-eslint 8.73).
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: true },
      ],
      'max-lines': ['warn', { max: 300, skipBlankLines: true, skipComments: true }],
    },
  },
  ...restrictedPackages,
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      'max-lines': 'off',
    },
  },
  {
    files: ['.config/**', '**/*.config.ts'],
    rules: { 'import-x/no-default-export': 'off' },
  },
);
