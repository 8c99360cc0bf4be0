import { Upload } from '../../files/upload.ts';
import { GatewayError } from '../../parse/errors.ts';
import { fieldsAt } from '../arguments/operators.ts';
import { answering } from '../errors.ts';
import { withUploads } from './uploads.ts';

/** `createFile(input: {upload})`. Cost: 1 command for each MB and 1 at the end. @throws GatewayError as `Upload.store` */
export const createFile = answering<unknown>((_source, args, { fileUrl }) => {
  const input = fieldsAt(args['input'], 'input');
  const { upload, clientMutationId } = input;
  if (!(upload instanceof Upload)) throw new GatewayError('FileSaveError', 'Invalid file upload.');
  return withUploads(input, () => {
    const { storedName: name } = upload;
    return Promise.resolve({ fileInfo: { name, url: fileUrl(name) }, clientMutationId });
  });
});

/** `deleteFile(input: {name})`. Cost: 3 commands. @throws GatewayError 119 without the master key, 153 when there is no such file. */
export const deleteFile = answering<unknown>(async (_source, args, { files }) => {
  const { name, clientMutationId } = fieldsAt(args['input'], 'input');
  await files.delete(String(name));
  return { name, clientMutationId };
});
