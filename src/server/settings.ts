import { UnexpectedValue } from './setting-parsers.ts';
import { SettingsError } from './settings-error.ts';
import { DEFAULTS, SETTINGS, type Given, type Setting, type SettingName } from './setting-table.ts';

type Defaulted = keyof typeof DEFAULTS;

/** All settings, typed; those without a default are `undefined` when nobody gave them. */
export type Settings = {
  readonly [N in SettingName]: N extends Defaulted ? NonNullable<Given[N]> : Given[N];
};

/** Settings that name a database and its application: what a gateway needs to start. */
export type GatewaySettings = Settings & {
  readonly databaseURI: string;
  readonly appId: string;
  readonly masterKey: string;
};

/**
 * Reads every setting once. Flags win over the environment; an empty variable counts as not given, as with Parse Server.
 *
 * @throws SettingsError for the first setting that cannot be read.
 */
export function readSettings(
  flags: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const given: Record<string, unknown> = { ...DEFAULTS };
  for (const name of settingNames()) {
    const text = textOf(flags[name]) ?? (environment[SETTINGS[name].env] || undefined);
    if (text !== undefined) given[name] = parseSetting(name, text);
    else given[name] ??= undefined;
  }
  // Every key was filled by the parser of its own row above, or by its default.
  return given as Settings;
}

/** The settings with database, application id and master key. @throws SettingsError for the first that is missing. */
export function requireDatabase(settings: Settings): GatewaySettings {
  return {
    ...settings,
    databaseURI: required('databaseURI', settings.databaseURI, 'the MongoDB URI of the database'),
    appId: required('appId', settings.appId, "the application id of your Parse Server's clients"),
    masterKey: required('masterKey', settings.masterKey, 'the master key of your Parse Server'),
  };
}

/** The names of all settings, in the order of the README's table. */
export function settingNames(): readonly SettingName[] {
  return Object.keys(SETTINGS) as SettingName[];
}

/** `PARSE_SERVER_MASTER_KEY (--masterKey)`: how messages and help name a setting. */
export function describeSetting(name: SettingName): string {
  return `${SETTINGS[name].env} (--${name})`;
}

function parseSetting(name: SettingName, text: string): unknown {
  const setting: Setting<unknown> = SETTINGS[name];
  try {
    return setting.parse(text);
  } catch (error) {
    if (!(error instanceof UnexpectedValue)) throw error;
    const value = setting.isSecret
      ? 'a value that is not shown'
      : JSON.stringify(text.slice(0, 200));
    throw new SettingsError(`${describeSetting(name)} is ${value}: ${error.message}`);
  }
}

function required(name: SettingName, value: string | undefined, expected: string): string {
  if (value !== undefined) return value;
  throw new SettingsError(`${describeSetting(name)} is missing: expected ${expected}`);
}

function textOf(flag: unknown): string | undefined {
  if (flag === true) return 'true';
  return typeof flag === 'string' ? flag : undefined;
}
