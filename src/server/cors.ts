import type { CORSOptions } from 'graphql-yoga';
import type { Settings } from './settings.ts';

/** The headers Parse Server lets browsers send, and those that only this gateway or newer clients use. */
const ALLOWED_HEADERS = [
  'X-Parse-Master-Key',
  'X-Parse-REST-API-Key',
  'X-Parse-Javascript-Key',
  'X-Parse-Client-Key',
  'X-Parse-Application-Id',
  'X-Parse-Client-Version',
  'X-Parse-Session-Token',
  'X-Parse-Installation-Id',
  'X-Requested-With',
  'X-Parse-Revocable-Session',
  'X-Parse-Request-Id',
  'Content-Type',
  'Pragma',
  'Cache-Control',
];

/** The settings that say which pages may call. */
export type CorsSettings = Pick<Settings, 'allowOrigin' | 'allowHeaders'>;

/** What browsers are told, as Parse Server tells them: the caller's origin when it is listed, else the first of the list. */
export function corsFor(settings: CorsSettings): (request: Request) => CORSOptions {
  return (request) => ({
    origin: allowedOriginFor(request.headers.get('origin') ?? '', settings),
    credentials: false,
    methods: ['GET', 'POST', 'OPTIONS'],
    allowedHeaders: allowedHeaders(settings),
  });
}

/** The value of `Access-Control-Allow-Origin`. */
export function allowedOriginFor(origin: string, { allowOrigin }: CorsSettings): string {
  return allowOrigin.includes(origin) ? origin : (allowOrigin[0] ?? '*');
}

/** The headers that pages may send. */
export function allowedHeaders({ allowHeaders }: CorsSettings): string[] {
  return [...ALLOWED_HEADERS, ...allowHeaders];
}

/** Whether a page of this origin may open a WebSocket, which browsers do not ask about. Callers without an origin are no pages. */
export function mayConnectFrom(origin: string | undefined, { allowOrigin }: Settings): boolean {
  return origin === undefined || allowOrigin.includes('*') || allowOrigin.includes(origin);
}
