import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../access/principal.ts';
import type { Uploads } from '../files/create-uploads.ts';

/** What the server knows of one operation before the API's own context is made: who asks. */
export interface GatewayContext {
  readonly principal: Principal;
  /** The HTTP request, for WebSockets the one that opened them. */
  readonly req: IncomingMessage;
}

/** What the HTTP server hands to each request. `use-principal` adds the principal before anything of GraphQL runs. */
export interface HttpContext {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  principal?: Principal;
  /** Set by `use-uploads` for a form with files. */
  isMultipart?: boolean;
  uploads?: Uploads;
}

/** True when no object or class rule, and no cap of the settings, binds this caller. */
export function isKeyholder(principal: Principal | undefined): boolean {
  return principal?.kind === 'master' || principal?.kind === 'maintenance';
}
