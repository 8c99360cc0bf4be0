import { permissionDenied } from '../parse/errors.ts';
import type { ConfigParameter, ConfigSource } from '../storage/config-source.ts';
import { guarded } from './guarded-brand.ts';
import type { Principal } from './principal.ts';

export type { ConfigParameter };

/** The app's configuration as one principal may use it. */
export interface GuardedConfig {
  /** Only access/ can make one. */
  readonly [guarded]: true;
  /** `undefined` for what is not set. Cost: 1 command. @throws GatewayError 119 without the master key. */
  find(name: string): Promise<ConfigParameter | undefined>;
  /** Cost: 1 command. @throws GatewayError 119 without the master key or with a read-only one, 105 for a name that no key can have. */
  set(name: string, parameter: ConfigParameter): Promise<void>;
}

/** Binds the configuration to a principal. Nothing is read before it is known to be a master key. */
export function createGuardedConfig(principal: Principal, source: ConfigSource): GuardedConfig {
  return {
    [guarded]: true,
    async find(name) {
      if (principal.kind !== 'master') throw permissionDenied();
      return source.find(name);
    },
    async set(name, parameter) {
      if (principal.kind !== 'master' || principal.isReadOnly) throw permissionDenied();
      await source.set(name, parameter);
    },
  };
}
