/**
 * What a caller presents, as it came: from headers or from connection parameters, so of any type. `undefined` is not presented;
 * anything else that is not a string is refused.
 */
export interface Credentials {
  readonly applicationId: unknown;
  /** The master key or the read-only master key. */
  readonly masterKey: unknown;
  readonly maintenanceKey: unknown;
  readonly clientKey: unknown;
  readonly javascriptKey: unknown;
  readonly restAPIKey: unknown;
  readonly dotNetKey: unknown;
  readonly sessionToken: unknown;
  readonly installationId: unknown;
}

/** Presents nothing; spread it and name what there is. */
export const NO_CREDENTIALS: Credentials = {
  applicationId: undefined,
  masterKey: undefined,
  maintenanceKey: undefined,
  clientKey: undefined,
  javascriptKey: undefined,
  restAPIKey: undefined,
  dotNetKey: undefined,
  sessionToken: undefined,
  installationId: undefined,
};
