import {
  type GraphQLInputFieldConfigMap,
  GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLString,
} from 'graphql';
import type { ACCOUNT_MUTATIONS, ACCOUNT_TYPES } from '../plan/names.ts';
import type { ApiPlan } from '../plan/api-plan.ts';
import { logIn, logInWithResolver, signUpResolver } from '../resolve/account.ts';
import { baseScalar } from './base-types.ts';
import type { BuiltClass, RootField, RootFields } from './built-class.ts';
import { viewerType } from './viewer-type.ts';

type InputName = Extract<(typeof ACCOUNT_TYPES)[number], `${string}Input`>;

/** `signUp`, `logInWith` and `logIn`, in the shapes of Parse Server. @see https://docs.parseplatform.org/graphql/guide/#users */
export function accountFields(built: BuiltClass, api: ApiPlan): RootFields {
  const { plan, inputs } = built;
  const text = new GraphQLNonNull(GraphQLString);
  const authData = baseScalar('Object');
  const withUser = input('UserLoginWithInput', () => {
    const fields = Object.entries(inputs.createFields.toConfig().fields);
    return Object.fromEntries(fields.filter(([name]) => !OF_LOG_IN.has(name)));
  });
  const given = {
    signUp: mutationInput('SignUpInput', { fields: inputs.createFields }),
    logInWith: mutationInput('LogInWithInput', {
      authData: new GraphQLNonNull(authData),
      fields: withUser,
    }),
    logIn: mutationInput('LogInInput', { username: text, password: text, authData }),
  };
  const payloads = {
    signUp: payload('SignUpPayload', built),
    logInWith: payload('LogInWithPayload', built),
    logIn: payload('LogInPayload', built),
  };
  const field = (
    name: (typeof ACCOUNT_MUTATIONS)[number],
    resolve: NonNullable<RootField['resolve']>,
  ): RootField => ({
    type: payloads[name],
    args: { input: { type: new GraphQLNonNull(given[name]) } },
    resolve,
  });
  const fields = {
    signUp: field('signUp', signUpResolver(plan, api)),
    logInWith: field('logInWith', logInWithResolver(plan, api)),
    logIn: field('logIn', logIn),
  } satisfies Record<(typeof ACCOUNT_MUTATIONS)[number], RootField>;
  return { fields, types: [withUser, ...Object.values(given), ...Object.values(payloads)] };
}

/** What a log-in by provider does not take: that is said beside them. */
const OF_LOG_IN: ReadonlySet<string> = new Set(['username', 'password', 'authData']);

function mutationInput(
  name: InputName,
  types: Readonly<Record<string, GraphQLInputType>>,
): GraphQLInputObjectType {
  const given = Object.entries(types).map(([field, type]) => [field, { type }] as const);
  return input(name, () => ({
    ...Object.fromEntries(given),
    clientMutationId: { type: GraphQLString },
  }));
}

function input(name: InputName, fields: () => GraphQLInputFieldConfigMap): GraphQLInputObjectType {
  return new GraphQLInputObjectType({ name, fields });
}

function payload(
  name: Exclude<(typeof ACCOUNT_TYPES)[number], InputName>,
  built: BuiltClass,
): GraphQLObjectType {
  return new GraphQLObjectType({
    name,
    fields: () => ({
      viewer: { type: new GraphQLNonNull(viewerType(built)) },
      clientMutationId: { type: GraphQLString },
    }),
  });
}
