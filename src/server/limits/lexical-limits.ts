import { GraphQLError, Lexer, Source, TokenKind, type Token } from 'graphql';
import { REQUEST_LIMITS, limitExceeded } from './request-limits.ts';

const OPENING: ReadonlySet<string> = new Set([
  TokenKind.BRACE_L,
  TokenKind.BRACKET_L,
  TokenKind.PAREN_L,
]);
const CLOSING: ReadonlySet<string> = new Set([
  TokenKind.BRACE_R,
  TokenKind.BRACKET_R,
  TokenKind.PAREN_R,
]);

/**
 * Refuses a document that would be dear to parse: too many tokens, or brackets nested so deep that the parser's recursion
 * would not return. Reads each character at most once and stops at the first limit.
 *
 * What cannot be read at all is left to the parser, which stops at the same place and says why.
 * @throws GraphQLError 102
 */
export function assertLexicalLimits(text: string): void {
  let tokens = 0;
  let nesting = 0;
  for (const { kind } of tokensOf(text)) {
    tokens += 1;
    if (tokens > REQUEST_LIMITS.tokens) throw limitExceeded('tokens', REQUEST_LIMITS.tokens);
    if (OPENING.has(kind)) nesting += 1;
    if (CLOSING.has(kind)) nesting -= 1;
    if (nesting > REQUEST_LIMITS.nesting) {
      throw limitExceeded('nested brackets', REQUEST_LIMITS.nesting);
    }
  }
}

function* tokensOf(text: string): Generator<Token> {
  const lexer = new Lexer(new Source(text));
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
      yield token;
    }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
  }
}

/** Refuses variables nested too deep to be walked by recursion. Costs one visit for each value. @throws GraphQLError 102 */
export function assertValueNesting(value: unknown): void {
  let level: readonly unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > REQUEST_LIMITS.nesting) {
      throw limitExceeded('nested variables', REQUEST_LIMITS.nesting);
    }
    level = level.flatMap((each) =>
      typeof each === 'object' && each !== null ? (Object.values(each) as unknown[]) : [],
    );
  }
}
