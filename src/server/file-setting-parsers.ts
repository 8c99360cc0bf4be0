import { DEFAULT_FILE_ACCESS, type FileUsers } from '../access/file-rules.ts';
import { UnexpectedValue, parseObject, type SettingParser } from './setting-parsers.ts';

/** Parse Server's `fileUpload`. */
export interface FileUploadSetting {
  readonly users: FileUsers;
  /** `undefined`: all are allowed. */
  readonly extensions: readonly RegExp[] | undefined;
}

/**
 * Parse Server's own default: everything but what browsers run as a page or a style sheet of one: html, svg, xml and their kin.
 * @see https://parseplatform.org/parse-server/api/master/FileUploadOptions.html
 */
const DEFAULT_EXTENSIONS =
  /^(?!([xs]?html?(\+xml)?|xht|svg(z|\+xml)?|xml|xslt?(\+xml)?|xsd|rng|rdf(\+xml)?|owl|mathml(\+xml)?)$)/i;

/** Uploads as a Parse Server that nobody configured takes them. */
export const DEFAULT_FILE_UPLOAD: FileUploadSetting = {
  users: DEFAULT_FILE_ACCESS.upload,
  extensions: [DEFAULT_EXTENSIONS],
};

const USERS = ['enableForPublic', 'enableForAnonymousUser', 'enableForAuthenticatedUser'] as const;
const EXPECTED_USERS = `a JSON object of ${USERS.join(', ')}, each true or false`;

/** `{"enableForPublic":true,"fileExtensions":["^png$"]}`; what is not given stays as it is by default. */
export const parseFileUpload: SettingParser<FileUploadSetting> = parseObject(
  `${EXPECTED_USERS}, and fileExtensions, a list of regular expressions`,
  ({ fileExtensions, allowedFileUrlDomains, ...given }) => {
    const users = usersOf(given, DEFAULT_FILE_ACCESS.upload);
    // Addresses that clients send are not kept, whatever their domain.
    const isDomains = allowedFileUrlDomains === undefined || isTexts(allowedFileUrlDomains);
    if (users === undefined || !isDomains) return undefined;
    if (fileExtensions === undefined) return { users, extensions: DEFAULT_FILE_UPLOAD.extensions };
    return isTexts(fileExtensions) ? { users, extensions: patternsOf(fileExtensions) } : undefined;
  },
);

/** `{"enableForPublic":false}`; what is not given stays allowed. */
export const parseFileDownload: SettingParser<FileUsers> = parseObject(EXPECTED_USERS, (given) =>
  usersOf(given, DEFAULT_FILE_ACCESS.download),
);

function usersOf(
  given: Readonly<Record<string, unknown>>,
  defaults: FileUsers,
): FileUsers | undefined {
  const isKnown = (name: string) => USERS.some((each) => each === name);
  for (const [name, value] of Object.entries(given)) {
    if (!isKnown(name) || typeof value !== 'boolean') return undefined;
  }
  return { ...defaults, ...given };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && each !== '');
}

function patternsOf(texts: readonly string[]): readonly RegExp[] | undefined {
  if (texts.includes('*')) return undefined;
  return texts.map((text) => {
    try {
      return new RegExp(text);
    } catch {
      throw new UnexpectedValue('expected fileExtensions to be regular expressions');
    }
  });
}
