import { Lexer, Source, TokenKind } from 'graphql';
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
 * @throws GraphQLError 102; a syntax error of the lexer passes through.
 */
export function assertLexicalLimits(text: string): void {
  const lexer = new Lexer(new Source(text));
  let tokens = 0;
  let nesting = 0;
  for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) {
    tokens += 1;
    if (tokens > REQUEST_LIMITS.tokens) throw limitExceeded('tokens', REQUEST_LIMITS.tokens);
    if (OPENING.has(token.kind)) nesting += 1;
    if (CLOSING.has(token.kind)) nesting -= 1;
    if (nesting > REQUEST_LIMITS.nesting) {
      throw limitExceeded('nested brackets', REQUEST_LIMITS.nesting);
    }
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
