import type { UploaderSource } from '../uploader-source.ts';
import type { RowCommands } from './row-commands.ts';

/** Reads `_User`. @see UploaderSource */
export function createUploaderSource(commands: RowCommands): UploaderSource {
  return {
    async isAnonymousUser(userId) {
      const rows = await commands.find(
        '_User',
        { _id: { $eq: userId }, _auth_data_anonymous: { $ne: null } },
        { limit: 1, projection: { _id: 1 } },
      );
      return rows.length > 0;
    },
  };
}
