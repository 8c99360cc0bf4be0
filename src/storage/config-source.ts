/** One parameter of the app's configuration, which Parse's SDKs call `Parse.Config`. */
export interface ConfigParameter {
  /** As Parse's REST API writes it: JSON, in which a Date is an object with `__type`. */
  readonly value: unknown;
  /** Whether clients without the master key are not told; `undefined` where nobody has said. */
  readonly isMasterKeyOnly: boolean | undefined;
}

/**
 * The app's configuration (`_GlobalConfig`), with nobody's rights in mind: only `access/` may hold one.
 *
 * Every method throws `GatewayError` 2 while the database is away.
 */
export interface ConfigSource {
  /** `undefined` for what is not set. Cost: 1 command. */
  find(name: string): Promise<ConfigParameter | undefined>;
  /** Sets one parameter and leaves the others. Cost: 1 command. @throws GatewayError 105 for a name that no key can have. */
  set(name: string, parameter: ConfigParameter): Promise<void>;
}
