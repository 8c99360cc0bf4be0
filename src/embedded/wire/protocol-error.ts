/** The peer does not speak the protocol: there is no request to answer, so its socket is closed. */
export class ProtocolError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ProtocolError';
  }
}
