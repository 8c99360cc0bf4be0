import { GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { ERROR_CODES } from '../../parse/errors.ts';
import { isRecord } from '../setting-parsers.ts';

/**
 * Clients that send a checksum in place of a text are told that none is kept here; they know the words and send the text from then on.
 *
 * @see https://www.apollographql.com/docs/react/data/persisted-queries
 */
export function usePersistedQueries(): Plugin {
  return {
    onParams({ params }) {
      const { query, extensions } = params;
      if (typeof query === 'string' && query !== '') return;
      if (!isRecord(extensions) || !isRecord(extensions['persistedQuery'])) return;
      const code = ERROR_CODES.CommandUnavailable.parseCode;
      throw new GraphQLError('PersistedQueryNotSupported', { extensions: { code } });
    },
  };
}
