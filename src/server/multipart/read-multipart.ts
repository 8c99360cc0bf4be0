import type { IncomingMessage } from 'node:http';
import {
  Busboy,
  type BusboyFileStream,
  type BusboyHeaders,
  type BusboyInstance,
} from '@fastify/busboy';
import { GraphQLError } from 'graphql';
import { createUploads, type ArrivingPart, type Uploads } from '../../files/create-uploads.ts';
import type { FileService } from '../../files/file-service.ts';
import { GatewayError } from '../../parse/errors.ts';
import { invalidRequest } from '../invalid-request.ts';
import { REQUEST_LIMITS, limitExceeded } from '../limits/request-limits.ts';
import { parseFileMap, parseJsonField, placeFile } from './place-files.ts';

/** A GraphQL request whose files are still arriving. */
export interface MultipartRequest {
  /** `operations`, with an `Upload` wherever the map says. */
  readonly operation: Readonly<Record<string, unknown>>;
  readonly uploads: Uploads;
}

/** What the files of a request need. */
export interface ReadMultipartOptions {
  readonly files: Pick<FileService, 'save'>;
  /** Size of a body beyond which its connection is cut. */
  readonly maxBodyBytes: number;
  readonly reportUnexpected: (error: unknown) => void;
}

/**
 * Reads a multipart request up to its files and resolves; they go on arriving while the operation runs. The parts come in the order
 * `operations`, `map`, files; files that the map does not name pass unread.
 * @throws GraphQLError 107 for a body that is no such request, 102 for one that is too large.
 * @see https://github.com/jaydenseric/graphql-multipart-request-spec
 */
export function readMultipart(
  request: IncomingMessage,
  options: ReadMultipartOptions,
): Promise<MultipartRequest> {
  return new Promise((resolve, reject) => {
    new MultipartReader(request, options, { resolve, reject }).start();
  });
}

interface Outcome {
  readonly resolve: (request: MultipartRequest) => void;
  readonly reject: (error: GraphQLError) => void;
}

class MultipartReader {
  readonly #request: IncomingMessage;
  readonly #options: ReadMultipartOptions;
  readonly #outcome: Outcome;
  #operation: Readonly<Record<string, unknown>> | undefined;
  #uploads: Uploads | undefined;
  #currentFile: BusboyFileStream | undefined;
  #isOver = false;

  constructor(request: IncomingMessage, options: ReadMultipartOptions, outcome: Outcome) {
    this.#request = request;
    this.#options = options;
    this.#outcome = outcome;
  }

  start(): void {
    const request = this.#request;
    const parser = this.#createParser();
    if (parser === undefined) return;
    const stop = (error: GraphQLError): void => {
      request.unpipe(parser);
      this.#fail(error);
    };
    const attempt = (take: () => void): void => {
      try {
        if (!this.#isOver) take();
      } catch (error) {
        stop(error instanceof GraphQLError ? error : invalidRequest(String(error)));
      }
    };
    parser.on('field', (name, text, _isNameCut, isCut) => {
      attempt(() => {
        this.#takeField(name, text, isCut);
      });
    });
    parser.on('file', (...[key, stream, fileName, , contentType]) => {
      const part = partOf(stream, fileName, contentType);
      if (this.#isOver) part.cancel();
      attempt(() => {
        this.#takeFile(key, stream, part);
      });
    });
    parser.on('fieldsLimit', () => {
      stop(limitExceeded('fields of the form', REQUEST_LIMITS.formFields));
    });
    parser.on('filesLimit', () => {
      stop(limitExceeded('files', REQUEST_LIMITS.files));
    });
    parser.on('error', (error) => {
      const reason = error instanceof Error ? error.message : String(error);
      stop(invalidRequest(`The multipart body is malformed: ${reason}`));
    });
    parser.on('finish', () => {
      attempt(() => {
        this.#finish();
      });
    });
    this.#watchConnection(stop);
    request.pipe(parser);
  }

  #createParser(): BusboyInstance | undefined {
    const { bodyBytes: fieldSize, formFields: fields, files } = REQUEST_LIMITS;
    try {
      return new Busboy({
        headers: this.#request.headers as BusboyHeaders,
        // A name with a path is refused by the rules for names, not quietly shortened.
        preservePath: true,
        limits: { fieldSize, fields, files, headerPairs: 20, headerSize: 8_192 },
      });
    } catch {
      this.#fail(invalidRequest('The multipart body has no boundary.'));
      return undefined;
    }
  }

  #watchConnection(stop: (error: GraphQLError) => void): void {
    const request = this.#request;
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > this.#options.maxBodyBytes) request.destroy();
    });
    request.once('close', () => {
      if (request.complete) return;
      stop(invalidRequest('The connection ended before the request.'));
      void this.#uploads?.close();
    });
    // `close` follows.
    request.on('error', () => undefined);
  }

  #takeField(name: string, text: string, isCut: boolean): void {
    if (isCut) throw limitExceeded(`bytes of the field ${name}`, REQUEST_LIMITS.bodyBytes);
    if (name === 'operations') {
      if (this.#operation !== undefined) throw twice(name);
      this.#operation = parseJsonField(name, text);
    } else if (name === 'map') {
      if (this.#uploads !== undefined) throw twice(name);
      if (this.#operation === undefined) throw misordered();
      this.#begin(this.#operation, text);
    } else {
      this.#uploads?.refuse(name, new GatewayError('FileSaveError', 'Invalid file upload.'));
    }
  }

  #begin(operation: Readonly<Record<string, unknown>>, mapText: string): void {
    const map = parseFileMap(mapText);
    const uploads = createUploads({ ...this.#options, keys: map.keys() });
    for (const [key, paths] of map) {
      const upload = uploads.byKey.get(key);
      for (const path of paths) if (upload !== undefined) placeFile(operation, path, upload);
    }
    this.#uploads = uploads;
    this.#outcome.resolve({ operation, uploads });
  }

  #takeFile(key: string, stream: BusboyFileStream, part: ArrivingPart): void {
    if (this.#uploads === undefined) throw misordered();
    this.#currentFile = stream;
    this.#uploads.arrive(key, part);
  }

  #finish(): void {
    if (this.#operation === undefined) throw missing('operations');
    if (this.#uploads === undefined) throw missing('map');
    this.#isOver = true;
    this.#uploads.end();
  }

  /** Nothing more is taken from the body; what still comes passes unread, so that the sender gets to read the answer. */
  #fail(error: GraphQLError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const fileError = new GatewayError('FileSaveError', error.message);
    this.#uploads?.end(fileError);
    this.#currentFile?.destroy(fileError);
    this.#request.resume();
    this.#outcome.reject(error);
  }
}

function partOf(stream: BusboyFileStream, name: unknown, contentType: string): ArrivingPart {
  let isCancelled = false;
  // Heard through the bytes; nobody may be reading them.
  stream.on('error', () => undefined);
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    // A stream that were destroyed here would stop the parser for good.
    for await (const piece of stream.iterator({ destroyOnReturn: false })) {
      if (isCancelled) throw new GatewayError('FileSaveError', 'The upload was given up.');
      yield piece as Uint8Array;
    }
  }
  return {
    name: typeof name === 'string' ? name : '',
    contentType,
    bytes: bytes(),
    cancel() {
      isCancelled = true;
      stream.resume();
    },
  };
}

function twice(name: string): GraphQLError {
  return invalidRequest(`The field ${name} comes twice.`);
}

function missing(name: string): GraphQLError {
  return invalidRequest(`The field ${name} is missing.`);
}

function misordered(): GraphQLError {
  return invalidRequest('The parts must come in the order operations, map, files.');
}
