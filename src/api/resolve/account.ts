import type { GivenAuthData, SignedIn } from '../../account/account-service.ts';
import type { ApiContext } from '../api-context.ts';
import { type Fields, fieldsAt } from '../arguments/operators.ts';
import { decodeCreate, type WriteTree } from '../arguments/write-tree.ts';
import { answering, type Resolve } from '../errors.ts';
import type { ApiPlan, ClassPlan } from '../plan/api-plan.ts';
import { readAs } from './caller.ts';
import { withUploads } from './uploads.ts';
import { planCreate } from './write.ts';

type Answer = Readonly<Record<string, unknown>>;

/** `signUp(input)`: a new user, logged in. @throws GatewayError as `AccountService.signUp` */
export function signUpResolver(plan: ClassPlan, api: ApiPlan) {
  return signingIn((input, context) =>
    withUploads(input, async () => {
      const tree = decodeCreate(input['fields'], plan, { api, catalog: context.catalog });
      return context.accounts.signUp(planCreate(tree));
    }),
  );
}

/** `logInWith(input)`: the user that providers know, or a new one. @throws GatewayError as `AccountService.logInWith` */
export function logInWithResolver(plan: ClassPlan, api: ApiPlan) {
  return signingIn((input, context) =>
    withUploads(input, async () => {
      const tree = decodeCreate(input['fields'], plan, { api, catalog: context.catalog });
      const authData = authDataAt(input, 'authData') ?? null;
      const user: WriteTree = { ...tree, credentials: { password: undefined, authData } };
      return context.accounts.logInWith(planCreate(user));
    }),
  );
}

/** `logIn(input)`: by user name or address, and password. @throws GatewayError as `AccountService.logIn` */
export const logIn = signingIn((input, { accounts }) =>
  accounts.logIn({
    username: String(input['username']),
    password: String(input['password']),
    authData: authDataAt(input, 'authData'),
  }),
);

/** `logOut(input)`: ends the session of the request. Cost: 1 command, none without a session. */
export const logOut = mutating(async (_input, { accounts }) => {
  await accounts.logOut();
  return { ok: true };
});

/** `logOutOthers(input)`: ends the other sessions of the user. Cost: 1 command. @throws GatewayError 209 without a session. */
export const logOutOthers = mutating(async (_input, { accounts }) => ({
  count: await accounts.logOutOthers(),
}));

/** `resetPassword(input)`: mails a link. @throws GatewayError as `AccountService.resetPassword` */
export const resetPassword = mutating(async (input, { accounts }) => {
  await accounts.resetPassword(String(input['email']));
  return { ok: true };
});

/** `confirmResetPassword(input)`: sets a password by a mailed token. @throws GatewayError as `AccountService.confirmResetPassword` */
export const confirmResetPassword = mutating(async (input, { accounts }) => {
  await accounts.confirmResetPassword(String(input['token']), String(input['password']));
  return { ok: true };
});

/** `sendVerificationEmail(input)`. @throws GatewayError as `AccountService.sendVerificationEmail` */
export const sendVerificationEmail = mutating(async (input, { accounts }) => {
  await accounts.sendVerificationEmail(String(input['email']));
  return { ok: true };
});

/** `challenge(input)`: asks providers before a log-in. @throws GatewayError as `AccountService.challenge` */
export const challenge = mutating(async (input, { accounts }) => ({
  challengeData: await accounts.challenge({
    username: textAt(input, 'username'),
    password: textAt(input, 'password'),
    authData: authDataAt(input, 'authData'),
    challengeData: authDataAt(input, 'challengeData'),
  }),
}));

/** A log-in: its payload is the viewer, and what is selected of it is read as that user. */
function signingIn(sign: (input: Fields, context: ApiContext) => Promise<SignedIn>) {
  return mutating(async (input, context) => {
    const session = await sign(input, context);
    await readAs(session, context);
    return { viewer: session };
  });
}

function mutating(act: (input: Fields, context: ApiContext) => Promise<Answer>) {
  const resolve: Resolve<unknown> = async (_source, args, context) => {
    const input = fieldsAt(args['input'], 'input');
    try {
      const answer = await act(input, context);
      return { ...answer, clientMutationId: input['clientMutationId'] };
    } finally {
      // Also after a failure: a part may have been written.
      context.loaders.clear();
    }
  };
  return answering(resolve);
}

/** The scalar has made sure that it is an object. */
function authDataAt(input: Fields, name: string): GivenAuthData | null | undefined {
  const given = input[name];
  return given === undefined || given === null ? given : fieldsAt(given, name);
}

function textAt(input: Fields, name: string): string | undefined {
  const given = input[name];
  return typeof given === 'string' ? given : undefined;
}
