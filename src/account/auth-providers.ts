import type { AuthAdapter } from './auth-adapter.ts';
import { ANONYMOUS } from './providers/anonymous.ts';
import { createOAuth2Adapter, type OAuth2Options } from './providers/oauth2.ts';
import { createOpenIdAdapter, type OpenIdOptions } from './providers/openid.ts';
import { createTotpAdapter, type TotpOptions } from './providers/totp.ts';

/** How one provider is set up. */
export type ProviderSettings =
  | { readonly kind: 'anonymous' }
  | ({ readonly kind: 'oauth2' } & OAuth2Options)
  | ({ readonly kind: 'openid' } & OpenIdOptions)
  | ({ readonly kind: 'totp' } & TotpOptions);

/** The adapters of one gateway, by the name that stands in `authData`. */
export type AuthProviders = ReadonlyMap<string, AuthAdapter>;

/** Makes the adapters; nothing is asked of any provider yet. Users without a name are there unless they are turned off. */
export function createAuthProviders(
  settings: ReadonlyMap<string, ProviderSettings>,
): AuthProviders {
  return new Map([...settings].map(([name, provider]) => [name, adapterOf(provider)]));
}

function adapterOf(settings: ProviderSettings): AuthAdapter {
  switch (settings.kind) {
    case 'anonymous':
      return ANONYMOUS;
    case 'oauth2':
      return createOAuth2Adapter(settings);
    case 'openid':
      return createOpenIdAdapter(settings);
    case 'totp':
      return createTotpAdapter(settings);
  }
}
