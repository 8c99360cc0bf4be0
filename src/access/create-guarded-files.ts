import { GatewayError, permissionDenied } from '../parse/errors.ts';
import type { FileStore, StoredFile } from '../storage/file-store.ts';
import type { UploaderSource } from '../storage/uploader-source.ts';
import type { FileAccessRules, FileUsers } from './file-rules.ts';
import { guarded } from './guarded-brand.ts';
import type { GuardedFiles } from './guarded-files.ts';
import { assertWritingMaster, subjectsOf, type Principal } from './principal.ts';

/** What all principals share. */
export interface GuardedFilesOptions {
  readonly store: FileStore;
  readonly uploaders: UploaderSource;
  readonly rules: FileAccessRules;
}

/** Binds the files to a principal. Cheap: nothing is read. */
export function createGuardedFiles(
  principal: Principal,
  { store, uploaders, rules }: GuardedFilesOptions,
): GuardedFiles {
  const written = new Set<StoredFile>();

  async function refusedGroup(users: FileUsers): Promise<string | undefined> {
    if (subjectsOf(principal) === undefined) return undefined;
    if (principal.kind !== 'user') return users.enableForPublic ? undefined : 'public';
    const { enableForAnonymousUser, enableForAuthenticatedUser } = users;
    if (enableForAnonymousUser && enableForAuthenticatedUser) return undefined;
    const isAnonymous =
      enableForAnonymousUser !== enableForAuthenticatedUser &&
      (await uploaders.isAnonymousUser(principal.userId));
    const isEnabled = isAnonymous ? enableForAnonymousUser : enableForAuthenticatedUser;
    if (isEnabled) return undefined;
    return isAnonymous ? 'anonymous user' : 'authenticated user';
  }

  // Asked once for all files of a request.
  let mayUpload: Promise<void> | undefined;
  async function checkUpload(): Promise<void> {
    if (principal.kind === 'master' && principal.isReadOnly) throw permissionDenied();
    const group = await refusedGroup(rules.upload);
    if (group === undefined) return;
    throw new GatewayError('FileSaveError', `File upload by ${group} is disabled.`);
  }
  const assertMayUpload = (): Promise<void> => (mayUpload ??= checkUpload());

  return {
    [guarded]: true,
    isMaster: principal.kind === 'master',
    assertMayUpload,
    async write(name, bytes) {
      await assertMayUpload();
      const file = await store.write(name, bytes);
      written.add(file);
      return file;
    },
    async find(name) {
      const group = await refusedGroup(rules.download);
      if (group !== undefined) {
        throw new GatewayError('OperationForbidden', `File download by ${group} is disabled.`);
      }
      return store.find(name);
    },
    read: (file, range) => store.read(file, range),
    async undo(file) {
      if (written.delete(file)) await store.remove(file);
    },
    async delete(name) {
      assertWritingMaster(principal);
      if (await store.delete(name)) return;
      throw new GatewayError('FileDeleteError', 'Could not delete file.');
    },
  };
}
