import { GraphQLError } from 'graphql';
import { ERROR_CODES } from '../../parse/errors.ts';

/** What one request may ask for, whoever asks. Generous: real clients stay far below. */
export const REQUEST_LIMITS = {
  /** Of the HTTP body, or of one WebSocket message. */
  bodyBytes: 1_048_576,
  /** Lexical tokens of a document. */
  tokens: 20_000,
  /** Brackets of any kind inside each other, in a document or in its variables. */
  nesting: 200,
  /** Fields inside each other, fragments followed. */
  depth: 50,
  /** Field selections, fragments counted wherever they are spread. */
  fields: 10_000,
  /** Pairs of selections that answer under the same name, which validation compares with each other. */
  overlaps: 500_000,
  /** Of one multipart request. */
  files: 100,
  /** Places in the operation where its files go. */
  filePaths: 1_000,
  /** Its fields that are no files. */
  formFields: 10,
} as const;

/** A request that is too large in some way: says which limit it met; code 102. */
export function limitExceeded(what: string, limit: number): GraphQLError {
  return new GraphQLError(`The request is too large: ${what} exceed the limit of ${limit}.`, {
    extensions: { code: ERROR_CODES.InvalidQuery.parseCode, http: { spec: true, status: 400 } },
  });
}
