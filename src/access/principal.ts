import { permissionDenied } from '../parse/errors.ts';

/**
 * Who asks. `master` and `maintenance` bypass object and class rules; a read-only master reads all and writes nothing.
 * `roles` are names without the `role:` prefix, parents of child roles included.
 */
export type Principal =
  | { readonly kind: 'master'; readonly isReadOnly: boolean }
  | { readonly kind: 'maintenance' }
  | { readonly kind: 'anonymous'; readonly installationId: string | undefined }
  | {
      readonly kind: 'user';
      readonly userId: string;
      readonly sessionToken: string;
      readonly roles: readonly string[];
      readonly installationId: string | undefined;
    };

/** What ACLs and class permissions may name for this principal: `*`, its user id, `role:Name`; `undefined` when no rule binds it. */
export function subjectsOf(principal: Principal): readonly string[] | undefined {
  switch (principal.kind) {
    case 'master':
    case 'maintenance':
      return undefined;
    case 'anonymous':
      return ['*'];
    case 'user':
      return ['*', principal.userId, ...principal.roles.map((role) => `role:${role}`)];
  }
}

/** For what the master key alone may see; a read-only one will do. @throws GatewayError 119 */
export function assertMaster(principal: Principal): void {
  if (principal.kind !== 'master') throw permissionDenied();
}

/** For what the master key alone may change. @throws GatewayError 119, for a read-only one, too */
export function assertWritingMaster(principal: Principal): void {
  if (principal.kind !== 'master' || principal.isReadOnly) throw permissionDenied();
}
