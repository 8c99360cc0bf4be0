import { Upload } from '../../files/upload.ts';
import { GatewayError, type ErrorCode } from '../../parse/errors.ts';

/**
 * Stores the files in a mutation's input, then writes. Files of a write that is refused do not stay.
 * Cost: none without files.
 * @throws GatewayError as `Upload.store`; what `write` throws.
 */
export async function withUploads<Result>(
  input: unknown,
  write: () => Promise<Result>,
): Promise<Result> {
  const uploads = uploadsIn(input);
  if (uploads.length === 0) return write();
  const stored = await Promise.allSettled(uploads.map((upload) => upload.store()));
  try {
    const failed = stored.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    const result = await write();
    for (const upload of uploads) upload.keep();
    return result;
  } catch (error) {
    // Who knows whether it was written: a file too many is better than an object that lost its file.
    if (isUncertain(error)) for (const upload of uploads) upload.keep();
    throw error;
  } finally {
    await Promise.all(uploads.map((upload) => upload.release()));
  }
}

const UNCERTAIN: readonly ErrorCode[] = ['InternalServerError', 'ServiceUnavailable', 'Timeout'];

function isUncertain(error: unknown): boolean {
  return !(error instanceof GatewayError) || UNCERTAIN.includes(error.code);
}

/** Whether a file is to be stored with this input. */
export function hasUploads(input: unknown): boolean {
  return uploadsIn(input).length > 0;
}

/** Each once, wherever it stands. */
function uploadsIn(input: unknown): readonly Upload[] {
  const found = new Set<Upload>();
  // A list and not recursion: what a client nests may be deeper than the stack.
  const pending = [input];
  for (const value of pending) {
    if (value instanceof Upload) found.add(value);
    else if (typeof value === 'object' && value !== null) {
      for (const part of Object.values<unknown>({ ...value })) pending.push(part);
    }
  }
  return [...found];
}
