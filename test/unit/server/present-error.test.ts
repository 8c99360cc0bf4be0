import { GraphQLError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/parse/errors.ts';
import { presentError } from '../../../src/server/present-error.ts';

function present(error: unknown, hidesSuggestions = false) {
  const reported: unknown[] = [];
  const reportUnexpected = (cause: unknown) => {
    reported.push(cause);
  };
  const { message, extensions } = presentError(error, { reportUnexpected, hidesSuggestions });
  return { message, extensions, reported };
}

describe('presentError', () => {
  it('tells a failure of ours with Parse’s number', () => {
    const cause = new GatewayError('ObjectNotFound', 'Object not found.');
    const expected = { message: 'Object not found.', extensions: { code: 101 }, reported: [] };
    expect(present(cause)).toEqual(expected);
    expect(present(new GraphQLError(cause.message, { originalError: cause }))).toEqual(expected);
  });

  it('tells nothing of a bug but code 1, and reports it', () => {
    const bug = new TypeError('x is undefined, password hunter2');
    const expected = {
      message: 'Internal server error.',
      extensions: { code: 1 },
      reported: [bug],
    };
    expect(present(bug)).toEqual(expected);
    expect(present(new GraphQLError(bug.message, { originalError: bug }))).toEqual(expected);
    expect(present('thrown text')).toMatchObject({
      message: 'Internal server error.',
      reported: ['thrown text'],
    });
  });

  it('gives GraphQL’s own errors 102, and takes back their suggestions where the schema is not public', () => {
    const error = new GraphQLError(
      'Cannot query field "a" on type "B". Did you mean "c", "d", or "e"?',
      {
        extensions: {
          code: 'GRAPHQL_VALIDATION_FAILED',
          http: { status: 400 },
          stacktrace: ['at x'],
        },
      },
    );
    expect(present(error).extensions).toEqual({ code: 102, http: { status: 400 } });
    expect(present(error, true).message).toBe('Cannot query field "…" on type "…".');
  });

  it('changes nothing the second time', () => {
    const options = { reportUnexpected: () => undefined, hidesSuggestions: true };
    const once = presentError(new Error('bug'), options);
    expect(presentError(once, options).toJSON()).toEqual(once.toJSON());
  });
});
