/** A setting is wrong or missing: one line that names it and says what is expected, without its value. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}
