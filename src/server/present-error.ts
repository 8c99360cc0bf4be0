import { GraphQLError } from 'graphql';
import { ERROR_CODES, GatewayError } from '../parse/errors.ts';

/** Parse's numbers for the refusals that yoga itself words. */
const REFUSALS: ReadonlyMap<unknown, number> = new Map([
  ['BAD_REQUEST', ERROR_CODES.InvalidJson.parseCode],
  ['REQUEST_ENTITY_TOO_LARGE', ERROR_CODES.ObjectTooLarge.parseCode],
]);

/** graphql-js ends a message so when it names what the client may have meant. */
const SUGGESTION = / ?Did you mean .*\?$/s;

/** An error that names no place in the document. */
const NOWHERE = new GraphQLError('');

/** How an error reaches one caller. */
export interface ErrorPresentation {
  /** Hears of every failure whose cause the client is not told. */
  readonly reportUnexpected: (error: unknown) => void;
  /** Whether messages may name types and fields that the client did not ask for. */
  readonly hidesSuggestions: boolean;
}

/**
 * Any failure → what the client is told: always Parse's number in `extensions.code`, never a stack trace.
 *
 * Invalid documents and variables are 102, a malformed body is 107. What nobody expected is reported and becomes code 1 with a fixed
 * text. Presenting an error twice changes nothing.
 */
export function presentError(
  error: unknown,
  { reportUnexpected, hidesSuggestions }: ErrorPresentation,
): GraphQLError {
  const code = parseCodeOf(error);
  if (code === undefined) reportUnexpected(rootOf(error));
  const message =
    code === undefined || !(error instanceof Error) ? 'Internal server error.' : error.message;
  const { nodes, source, positions, path, extensions } =
    error instanceof GraphQLError ? error : NOWHERE;
  return new GraphQLError(hidesSuggestions ? message.replace(SUGGESTION, '') : message, {
    nodes: nodes ?? null,
    source: source ?? null,
    positions: positions ?? null,
    path: path ?? null,
    extensions: {
      code: code ?? ERROR_CODES.InternalServerError.parseCode,
      ...('http' in extensions && { http: extensions['http'] }),
    },
  });
}

/** `undefined` for what is no refusal of ours, nor of GraphQL itself. */
function parseCodeOf(error: unknown): number | undefined {
  const root = rootOf(error);
  if (root instanceof GatewayError) return root.parseCode;
  if (!(error instanceof GraphQLError)) return undefined;
  const { code } = error.extensions;
  if (typeof code === 'number') return code;
  if (!(root instanceof GraphQLError)) return undefined;
  return REFUSALS.get(code) ?? ERROR_CODES.InvalidQuery.parseCode;
}

function rootOf(error: unknown): unknown {
  let root = error;
  while (root instanceof GraphQLError && root.originalError !== undefined)
    root = root.originalError;
  return root;
}
