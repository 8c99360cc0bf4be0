import type { ClassCatalog } from '../parse/class-schema.ts';
import type { ObjectStore } from '../storage/object-store.ts';
import type { AccessRules } from './access-rules.ts';
import { guarded } from './guarded-brand.ts';
import type { GuardedStore } from './guarded-store.ts';
import type { GuardedUsers } from './guarded-users.ts';
import { PrincipalReads } from './principal-reads.ts';
import { PrincipalWrites } from './principal-writes.ts';
import type { Principal } from './principal.ts';

export interface GuardedStoreOptions {
  readonly store: ObjectStore;
  readonly catalog: ClassCatalog;
  readonly principal: Principal;
  readonly rules: AccessRules;
  /** Called after each write of an object, so that what is cached about sessions and roles can be forgotten at once. */
  readonly onWritten?: (className: string, objectId: string) => void;
}

/** Binds a store to one principal and one catalog; make one for each request. @see GuardedStore */
export function createGuardedStore(options: GuardedStoreOptions): GuardedStore & GuardedUsers {
  const { store, rules, onWritten = () => undefined } = options;
  const reads = new PrincipalReads(options);
  const writes = new PrincipalWrites({ store, rules, reads, onWritten });
  return {
    [guarded]: true,
    principal: options.principal,
    get: (request) => reads.get(request),
    find: (request) => reads.find(request),
    count: (request) => reads.count(request),
    findRelated: (requests) => reads.findRelated(requests),
    countRelated: (requests) => reads.countRelated(requests),
    create: (request) => writes.create(request),
    update: (request) => writes.update(request),
    delete: (request) => writes.delete(request),
    write: (plan) => writes.write(plan),
    writeEach: (plans) => writes.writeEach(plans),
    assertMayWrite: (plan) => {
      writes.assertMayWrite(plan);
    },
    writeUsers: (plan, accounts) => writes.writeUsers(plan, accounts),
    mayUpdateUser: (userId) => writes.mayUpdateUser(userId),
  };
}
