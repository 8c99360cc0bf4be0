import type { Plugin } from 'graphql-yoga';
import { isApiPath } from '../api-path.ts';
import type { Principal } from '../../access/principal.ts';
import type { FileService } from '../../files/file-service.ts';
import type { GatewayContext, HttpContext } from '../gateway-context.ts';
import { invalidRequest } from '../invalid-request.ts';
import { readMultipart } from '../multipart/read-multipart.ts';

/** What uploads need of the gateway. */
export interface UploadOptions {
  readonly path: string;
  readonly filesFor: (principal: Principal) => FileService;
  /** Size of a body beyond which its connection is cut. */
  readonly maxBodyBytes: number;
  readonly reportUnexpected: (error: unknown) => void;
}

const FORM = /^multipart\/form-data\b/i;

/**
 * Takes operations with files: the operation runs while its files arrive, and before the answer goes out, files that no successful
 * mutation kept are removed.
 *
 * A page of another site can make a browser send forms, with credentials; headers of Parse it cannot add unasked. So the
 * application id must stand in its header, as Parse Server's GraphQL API has it.
 */
export function useUploads(options: UploadOptions): Plugin<Partial<GatewayContext>, HttpContext> {
  return {
    onRequest(event) {
      const { request, url, serverContext, fetchAPI } = event;
      const isForm = FORM.test(request.headers.get('content-type') ?? '');
      if (request.method !== 'POST' || !isForm || !isApiPath(url, options.path)) return;
      serverContext.isMultipart = true;
      // The body is read from the socket, past the limit for bodies without files.
      const headers = new fetchAPI.Headers(request.headers);
      headers.delete('content-length');
      const { signal } = request;
      event.setRequest(new fetchAPI.Request(request.url, { method: 'POST', headers, signal }));
    },

    onRequestParse({ request, serverContext, setRequestParser }) {
      const { isMultipart, principal, req, res } = serverContext;
      if (isMultipart !== true) return;
      setRequestParser(async () => {
        if (principal === undefined) throw new Error('a form without a principal');
        if ((request.headers.get('x-parse-application-id') ?? '') === '') {
          throw invalidRequest('Requests with files need the header X-Parse-Application-Id.');
        }
        const files = options.filesFor(principal);
        const { operation, uploads } = await readMultipart(req, { ...options, files });
        serverContext.uploads = uploads;
        // Also when the client is gone, and with it the answer.
        res.once('close', () => void uploads.close());
        return operation;
      });
    },

    async onResponse({ serverContext }) {
      await serverContext.uploads?.close();
    },
  };
}
