import {
  GraphQLEnumType,
  GraphQLID,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
} from 'graphql';
import type { AccessAnswer } from '../../access/explain-access.ts';
import type { ApiNames } from '../plan/api-plan.ts';
import { resolveExplainAccess } from '../resolve/explain-access.ts';
import { NO_EXTENSIONS } from './base-types.ts';
import type { RootFields } from './built-class.ts';

const ANSWERS = {
  YES: { value: 'yes' },
  SOME: {
    value: 'some',
    description: 'Where an object names the caller, or is its own.',
  },
  NO: { value: 'no' },
} as const satisfies Record<Uppercase<AccessAnswer>, object>;

const TEXT = new GraphQLNonNull(GraphQLString);

/** `explainAccess` and the types of its answer; with the names that the classes have left. */
export function explanationField({ explainAccess, explanation }: ApiNames): RootFields {
  const answer = new GraphQLEnumType({
    name: explanation.answer,
    description: 'Whether something is allowed.',
    values: ANSWERS,
  });
  const part = (name: string, description: string, [subject, verdict]: readonly [string, string]) =>
    new GraphQLObjectType({
      name,
      description,
      fields: {
        [subject]: { type: TEXT },
        [verdict]: { type: new GraphQLNonNull(answer) },
        rule: { type: TEXT, description: 'The rule that decides.' },
      },
    });
  const operation = part(explanation.operation, 'An operation that class permissions know.', [
    'operation',
    'allowed',
  ]);
  const column = part(explanation.column, 'A column, to be shown, filtered or ordered by.', [
    'column',
    'readable',
  ]);
  const listOf = (type: GraphQLObjectType) =>
    new GraphQLNonNull(new GraphQLList(new GraphQLNonNull(type)));
  const whole = new GraphQLObjectType({
    name: explanation.whole,
    description: 'What somebody may do with a class; the ACL of each object narrows it further.',
    fields: {
      className: { type: TEXT },
      subjects: {
        type: new GraphQLNonNull(new GraphQLList(TEXT)),
        description: 'As ACLs name the caller: `*`, its id, `role:Name` for each of its roles.',
      },
      operations: { type: listOf(operation) },
      columns: { type: listOf(column) },
    },
  });
  const field = {
    type: new GraphQLNonNull(whole),
    description:
      'What a user may do with a class, or somebody with these roles, or, with neither, an anonymous caller. Needs the master key.',
    args: {
      className: { type: TEXT, extensions: NO_EXTENSIONS },
      userId: { type: GraphQLID, extensions: NO_EXTENSIONS },
      roles: {
        type: new GraphQLList(TEXT),
        description: 'Names; what the roles are children of counts, too.',
        extensions: NO_EXTENSIONS,
      },
    },
    extensions: NO_EXTENSIONS,
    resolve: resolveExplainAccess,
  };
  return { fields: { [explainAccess]: field }, types: [whole, operation, column, answer] };
}
