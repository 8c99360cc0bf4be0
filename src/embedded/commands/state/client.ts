/** One connection, as commands see it. */
export interface Client {
  readonly id: number;
  readonly remoteAddress: string;
  /** From the hello's `client.application.name`; empty until then or when the client gave none. */
  appName: string;
  /** Aborted when the socket closes. */
  readonly closed: AbortSignal;
}
