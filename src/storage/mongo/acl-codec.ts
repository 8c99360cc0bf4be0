import type { Acl } from '../../parse/acl.ts';

/** The keys of a document that hold its ACL; `_acl` mirrors the two others for old clients and is never read. */
export interface StoredAcl {
  readonly _rperm?: readonly string[];
  readonly _wperm?: readonly string[];
  readonly _acl?: Readonly<Record<string, { readonly r?: true; readonly w?: true }>>;
}

/** `_rperm`, `_wperm` → ACL. An absent or null half is open; one that is no list of names is the master key's. */
export function decodeAcl(document: Readonly<Record<string, unknown>>): Acl {
  return { readers: decodeHalf(document['_rperm']), writers: decodeHalf(document['_wperm']) };
}

function decodeHalf(stored: unknown): readonly string[] | undefined {
  if (stored === undefined || stored === null) return undefined;
  const listed = Array.isArray(stored) ? (stored as readonly unknown[]) : [stored];
  return listed.filter((subject) => typeof subject === 'string');
}

/** ACL → the keys to store, `_acl` with them; nothing at all for the open ACL. */
export function encodeAcl({ readers, writers }: Acl): StoredAcl {
  if (readers === undefined && writers === undefined) return {};
  const mirror = new Map<string, { r?: true; w?: true }>();
  for (const writer of writers ?? []) mirror.set(writer, { w: true });
  for (const reader of readers ?? []) mirror.set(reader, { ...mirror.get(reader), r: true });
  return {
    ...(writers !== undefined && { _wperm: [...writers] }),
    ...(readers !== undefined && { _rperm: [...readers] }),
    _acl: Object.fromEntries(mirror),
  };
}
