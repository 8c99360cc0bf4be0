import { describe, expect, it } from 'vitest';
import {
  DEFAULT_FILE_UPLOAD,
  parseFileDownload,
  parseFileUpload,
} from '../../../src/server/file-setting-parsers.ts';
import { parseSize } from '../../../src/server/setting-parsers.ts';

describe('a size', () => {
  it.for([
    ['20mb', 20 * 1024 ** 2],
    ['1.5 GB', 1.5 * 1024 ** 3],
    ['10kb', 10_240],
    ['7', 7],
    ['7b', 7],
  ] as const)('%s', ([text, bytes]) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.for(['', 'mb', '-1mb', '0', '1tb', '1e9', '1,5mb'])('is none: %j', (text) => {
    expect(() => parseSize(text)).toThrow('expected a size such as 20mb');
  });
});

describe('who and what may be uploaded', () => {
  it('is what is given, else the default', () => {
    expect(parseFileUpload('{}')).toEqual(DEFAULT_FILE_UPLOAD);
    const { users, extensions } = parseFileUpload(
      '{"enableForPublic":true,"fileExtensions":["^png$"],"allowedFileUrlDomains":["*"]}',
    );
    expect(users).toEqual({
      enableForPublic: true,
      enableForAnonymousUser: false,
      enableForAuthenticatedUser: true,
    });
    expect(extensions).toEqual([/^png$/]);
    expect(parseFileUpload('{"fileExtensions":["*"]}').extensions).toBeUndefined();
    expect(parseFileDownload('{"enableForPublic":false}').enableForPublic).toBe(false);
  });

  it.for([
    '[]',
    'x',
    '{"enableForPublic":"yes"}',
    '{"enableForEverybody":true}',
    '{"fileExtensions":"png"}',
    '{"fileExtensions":[1]}',
    '{"fileExtensions":["("]}',
    '{"allowedFileUrlDomains":"*"}',
  ])('is refused: %s', (text) => {
    expect(() => parseFileUpload(text)).toThrow('expected');
  });
});
