import { GraphQLError } from 'graphql';
import { ERROR_CODES, GatewayError } from '../parse/errors.ts';

/** Parse's numbers for the refusals that yoga itself words. */
const REFUSALS: ReadonlyMap<unknown, number> = new Map([
  ['BAD_REQUEST', ERROR_CODES.InvalidJson.parseCode],
  ['REQUEST_ENTITY_TOO_LARGE', ERROR_CODES.ObjectTooLarge.parseCode],
]);

/** graphql-js ends a message so when it names what the client may have meant. */
const SUGGESTION = / ?Did you mean .*\?$/s;

/** What graphql-js puts in quotes when it speaks of the schema: `"Note"`, `"[NoteOrder!]"`, `"Note.title"`. */
const QUOTED_NAME = /"[[\]!\w.]+"/g;

/** Types that every schema has. */
const COMMON_NAMES = [
  'Query',
  'Mutation',
  'Subscription',
  'ID',
  'Int',
  'Float',
  'String',
  'Boolean',
];

/** An error that names no place in the document. */
const NOWHERE = new GraphQLError('');

/** How an error reaches one caller. */
export interface ErrorPresentation {
  /** Hears of every failure whose cause the client is not told. */
  readonly reportUnexpected: (error: unknown) => void;
  /** Whether messages must not name types and fields that the client did not name. */
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
  return new GraphQLError(hidesSuggestions ? withoutSchema(message, source?.body ?? '') : message, {
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

/** The message without suggestions, and with `"…"` for names of the schema that the document does not hold. */
function withoutSchema(message: string, document: string): string {
  // A refused variable is printed first; what it holds was sent, so it may be said.
  const reasonAt = message.startsWith('Variable "$') ? message.lastIndexOf('; ') + 1 : 0;
  const [sent, reason] = [message.slice(0, reasonAt), message.slice(reasonAt)];
  const known = new Set([...`${document} ${sent}`.matchAll(/\w+/g)].map(([word]) => word));
  const isKnown = (word: string) => known.has(word) || COMMON_NAMES.includes(word);
  const hidden = reason
    .replace(SUGGESTION, '')
    .replace(QUOTED_NAME, (name) => ((name.match(/\w+/g) ?? []).every(isKnown) ? name : '"…"'));
  return sent + hidden;
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
