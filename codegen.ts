import { codegen } from '@graphql-codegen/core';
import * as typedDocumentNode from '@graphql-codegen/typed-document-node';
import * as typescript from '@graphql-codegen/typescript';
import * as typescriptOperations from '@graphql-codegen/typescript-operations';
import { parse } from 'graphql';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

type Configuration = Parameters<typeof codegen>[0];

const root = fileURLToPath(new URL('.', import.meta.url));
const operations = `${root}schema/operations/`;
const generated = `${root}test/support/generated/`;

const shared = {
  schema: parse(readFileSync(`${root}schema/api.graphql`, 'utf8')),
  config: {
    useTypeImports: true,
    enumsAsTypes: true,
    skipTypename: true,
    strictScalars: true,
    // What travels as JSON; what the API makes of it is its own affair.
    scalars: {
      Any: 'unknown',
      Bytes: 'string',
      Date: 'string',
      File: 'string',
      Object: 'Readonly<Record<string, unknown>>',
      Upload: 'never',
    },
  },
};

const documents = readdirSync(operations)
  .filter((name) => name.endsWith('.graphql'))
  .sort()
  .map((name) => ({
    location: name,
    document: parse(readFileSync(`${operations}${name}`, 'utf8')),
  }));

/** The two files: each declares what it needs, so they are never merged. */
const outputs: readonly Configuration[] = [
  {
    ...shared,
    filename: 'api-types.ts',
    documents: [],
    plugins: [{ typescript: {} }],
    pluginMap: { typescript },
  },
  {
    ...shared,
    filename: 'operations.ts',
    documents,
    plugins: [{ typescriptOperations: {} }, { typedDocumentNode: {} }],
    pluginMap: { typescriptOperations, typedDocumentNode },
  },
];

mkdirSync(generated, { recursive: true });
for (const output of outputs) {
  writeFileSync(`${generated}${output.filename}`, await codegen(output));
  process.stdout.write(`test/support/generated/${output.filename}\n`);
}
