import { permissionDenied } from '../parse/errors.ts';
import type { ConfigSource } from '../storage/config-source.ts';
import { guarded } from './guarded-brand.ts';
import type { GuardedConfig } from './guarded-config.ts';
import type { Principal } from './principal.ts';

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
