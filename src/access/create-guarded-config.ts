import type { ConfigSource } from '../storage/config-source.ts';
import { guarded } from './guarded-brand.ts';
import type { GuardedConfig } from './guarded-config.ts';
import { assertMaster, assertWritingMaster, type Principal } from './principal.ts';

/** Binds the configuration to a principal. Nothing is read before it is known to be a master key. */
export function createGuardedConfig(principal: Principal, source: ConfigSource): GuardedConfig {
  return {
    [guarded]: true,
    async find(name) {
      assertMaster(principal);
      return source.find(name);
    },
    async set(name, parameter) {
      assertWritingMaster(principal);
      await source.set(name, parameter);
    },
  };
}
