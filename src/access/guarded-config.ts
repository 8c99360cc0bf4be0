import type { ConfigParameter } from '../storage/config-source.ts';
import type { guarded } from './guarded-brand.ts';

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
