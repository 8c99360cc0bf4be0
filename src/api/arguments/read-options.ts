import { READ_PREFERENCES, type ReadPreference } from '../../query/find-request.ts';

/** Which members of a replica set a field's rows, the objects they point at and nested queries are read from. */
export interface ReadOptions {
  readonly readPreference: ReadPreference | undefined;
  readonly includeReadPreference: ReadPreference | undefined;
  readonly subqueryReadPreference: ReadPreference | undefined;
}

/** The argument `options`; what is said of the rows holds for the others, too, unless they have their own. */
export function decodeReadOptions(options: unknown): ReadOptions {
  const preferenceAt = (name: keyof ReadOptions): ReadPreference | undefined => {
    if (typeof options !== 'object' || options === null) return undefined;
    const given = (options as Readonly<Record<string, unknown>>)[name];
    return READ_PREFERENCES.find((preference) => preference === given);
  };
  const readPreference = preferenceAt('readPreference');
  return {
    readPreference,
    includeReadPreference: preferenceAt('includeReadPreference') ?? readPreference,
    subqueryReadPreference: preferenceAt('subqueryReadPreference') ?? readPreference,
  };
}
