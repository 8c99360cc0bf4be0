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

/** A package that only one folder may import, and what to use instead. */
const onlyIn = (folders, name, message) => ({
  files: ['src/**/*.ts'],
  ignores: folders.map((folder) => `src/${folder}/**/*.ts`),
  rules: {},
  name,
  message,
});
const packageOwners = [
  onlyIn(['storage/mongo'], 'mongodb', 'only storage/mongo/ talks to the driver'),
  onlyIn(['loaders'], 'dataloader', 'batching lives in loaders/'),
];

const restrictedPackages = packageOwners.map(({ files, ignores, name, message }) => ({
  files,
  ignores,
  plugins: { 'import-x': importX },
  rules: { 'no-restricted-imports': ['error', { paths: [{ name, message }] }] },
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
