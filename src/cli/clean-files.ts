import { readSettings } from '../server/settings.ts';
import type { UnfinishedUploads } from '../storage/file-store.ts';
import type { CommandIo, Flags } from './command-io.ts';
import { withDatabase } from './with-database.ts';

/** What `clean-files` was asked for, besides the settings. */
export interface CleanFilesFlags extends Flags {
  readonly dryRun?: boolean;
}

/** No upload takes so long, and no two clocks differ so much. */
const HOURS = 24;

/**
 * Removes the parts in GridFS that killed processes have left, and prints how many. A command of its own rather than something that
 * every gateway does: it deletes what others may have written, so somebody should want it.
 * @throws SettingsError without a database.
 */
export async function cleanFiles(flags: CleanFilesFlags, io: CommandIo): Promise<void> {
  const settings = readSettings(flags, io.environment);
  const isDryRun = flags.dryRun === true;
  const startedBefore = new Date(Date.now() - HOURS * 3_600_000);
  const found = await withDatabase(settings, ({ files }) =>
    files.removeUnfinished({ startedBefore, isDryRun }),
  );
  io.print(lineOf(found, isDryRun));
}

function lineOf({ fileCount, partCount }: UnfinishedUploads, isDryRun: boolean): string {
  const parts = `${partCount} part${partCount === 1 ? '' : 's'}`;
  const uploads = `${fileCount} unfinished upload${fileCount === 1 ? '' : 's'}`;
  const what = `${parts} of ${uploads} from more than ${HOURS} hours ago`;
  return isDryRun ? `would remove ${what}` : `removed ${what}`;
}
