import { GatewayError } from '../parse/errors.ts';
import type { ParseRecord, ParseValue } from '../parse/values.ts';
import type { ChallengeRequest } from './account-service.ts';
import { parseAuthData, providerIdsOf, validateAuthData, type AuthData } from './auth-data.ts';
import type { AuthProviders } from './auth-providers.ts';
import { authenticateUser, type LogInParts } from './authenticate-user.ts';

/**
 * Asks each provider its question, one after the other, in the order of their names: `{p: asked}` → `{p: answer}`. Those without
 * questions are left out. Whoever says who they are must prove it first.
 * @throws GatewayError -1 for what does not belong together, 101 for a user that cannot be found, 252.
 */
export async function askChallenges(
  { username, password, authData, challengeData }: ChallengeRequest,
  isMaster: boolean,
  parts: LogInParts & { readonly providers: AuthProviders },
): Promise<ParseRecord> {
  const isNamed = username !== undefined && username !== null && username !== '';
  if (isNamed) {
    if (password === undefined || password === null || password === '') {
      throw refusal('You provided username or email, you need to also provide password.');
    }
    await authenticateUser({ username, password, isMaster }, parts);
  }
  if (challengeData === undefined || challengeData === null) throw refusal('Nothing to challenge.');
  const isIdentified = authData !== undefined && authData !== null;
  if (isIdentified && isNamed) {
    throw refusal(
      'You cannot provide username/email and authData, only use one identification method.',
    );
  }
  const data = parseAuthData(authData ?? undefined, parts.providers);
  if (isIdentified) await assertIdentified(data, parts);
  const answers: Record<string, ParseValue> = {};
  for (const provider of Object.keys(challengeData).sort()) {
    const adapter = parts.providers.get(provider);
    if (adapter?.challenge === undefined) continue;
    const given = data.get(provider) ?? undefined;
    answers[provider] = await adapter.challenge(challengeData[provider], given);
  }
  return answers;
}

/** One answer for whoever does not exist and whoever cannot prove it. */
async function assertIdentified(
  data: AuthData,
  { store, providers }: LogInParts & { readonly providers: AuthProviders },
): Promise<void> {
  const ids = providerIdsOf(data, providers);
  if (ids.length > 1) {
    throw refusal('You cannot provide more than one authData provider with an id.');
  }
  const found = ids.length === 0 ? [] : await store.findByProviderIds(ids);
  const [account] = found;
  if (account === undefined || found.length > 1) throw userNotFound();
  const named = new Map([...data].filter(([provider]) => provider === ids[0]?.provider));
  try {
    await validateAuthData(named, providers, { account, isSignedIn: false, isMaster: false });
  } catch {
    throw userNotFound();
  }
}

function userNotFound(): GatewayError {
  return new GatewayError('ObjectNotFound', 'User not found.');
}

function refusal(message: string): GatewayError {
  return new GatewayError('OtherCause', message);
}
