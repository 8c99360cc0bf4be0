/**
 * File › test › what the Node.js driver does otherwise than the specification, whatever the server answers.
 *
 * Such a test says nothing about the store and is skipped with this reason.
 */
export const DRIVER_DEVIATIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'gridfs/download.json': {
    'download when final chunk is missing':
      'the Node.js driver takes the end of the chunks for the end of the file',
  },
};
