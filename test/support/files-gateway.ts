import { MongoClient, type Document } from 'mongodb';
import {
  startGateway,
  type GraphqlBody,
  type StartGatewayOptions,
  type TestGateway,
} from './start-gateway.ts';
import { seedFilesWorld } from './seed-files-world.ts';

/** A file as a form sends it. */
export interface FormFile {
  readonly name: string;
  readonly type: string;
  readonly bytes: string | Uint8Array<ArrayBuffer>;
}

/** A gateway with the files world, and what is stored of files. */
export interface FilesGateway extends TestGateway {
  /** `http://127.0.0.1:port`. */
  readonly origin: string;
  /** One operation with its files; each goes where its key, a path, says. */
  upload(
    document: string,
    files: Readonly<Record<string, FormFile>>,
    options?: {
      readonly variables?: object;
      readonly headers?: Readonly<Record<string, string>>;
    },
  ): Promise<GraphqlBody>;
  /** Rows of `fs.files`, newest last, and the number of parts. */
  readStored(): Promise<{ readonly files: readonly Document[]; readonly chunkCount: number }>;
  readDocument(className: string, objectId: string): Promise<Document | null>;
}

export const AS_MASTER = { 'x-parse-master-key': 'test-master-key' };
export const CREATE_FILE =
  'mutation ($upload: Upload!) { createFile(input: { upload: $upload }) { fileInfo { name url } } }';

/** Starts a gateway on the files world. */
export async function startFilesGateway(
  options: Omit<StartGatewayOptions, 'seed'> = {},
): Promise<FilesGateway> {
  const gateway = await startGateway({ ...options, seed: seedFilesWorld });
  const client = await MongoClient.connect(gateway.uri);
  const database = client.db();
  return {
    ...gateway,
    origin: new URL(gateway.url).origin,
    async upload(query, files, { variables = {}, headers = AS_MASTER } = {}) {
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'x-parse-application-id': gateway.appId, ...headers },
        body: formOf(query, files, variables),
      });
      return (await response.json()) as GraphqlBody;
    },
    async readStored() {
      const files = await database.collection('fs.files').find().sort({ uploadDate: 1 }).toArray();
      const chunkCount = await database.collection('fs.chunks').countDocuments();
      return { files, chunkCount };
    },
    readDocument: (className, objectId) =>
      database.collection<{ _id: string }>(className).findOne({ _id: objectId }),
    async close() {
      await client.close();
      await gateway.close();
    },
  };
}

/** The form of the GraphQL multipart request specification. */
export function formOf(
  query: string,
  files: Readonly<Record<string, FormFile>>,
  variables: object = {},
): FormData {
  const form = new FormData();
  const all: Record<string, unknown> = structuredClone(variables) as Record<string, unknown>;
  for (const path of Object.keys(files)) setNull(all, path.split('.'));
  form.set('operations', JSON.stringify({ query, variables: all }));
  const keys = Object.keys(files).map((path, index) => [String(index), [`variables.${path}`]]);
  form.set('map', JSON.stringify(Object.fromEntries(keys)));
  for (const [index, { name, type, bytes }] of Object.values(files).entries()) {
    form.set(String(index), new Blob([bytes], { type }), name);
  }
  return form;
}

function setNull(place: Record<string, unknown>, [step = '', ...rest]: readonly string[]): void {
  if (rest.length === 0) place[step] = null;
  else setNull((place[step] ??= {}) as Record<string, unknown>, rest);
}
