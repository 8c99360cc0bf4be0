import { ERROR_CODES } from '../../src/parse/errors.ts';
import { SETTINGS, type SettingName } from '../../src/server/setting-table.ts';

/** The README's table of settings, as `SETTINGS` has them. */
export function settingsTable(): string {
  const rows = (Object.keys(SETTINGS) as SettingName[]).map((name) => [
    `\`${SETTINGS[name].env}\``,
    `\`--${name}\``,
    SETTINGS[name].help,
  ]);
  return table(['environment', 'flag', 'meaning'], rows);
}

/** The README's table of error codes, as `ERROR_CODES` has them. */
export function errorsTable(): string {
  const rows = Object.entries(ERROR_CODES).map(([name, { parseCode }]) => [
    String(parseCode),
    words(name),
  ]);
  return table(['code', 'meaning'], rows);
}

/** `InvalidSessionToken` → `invalid session token`. */
function words(name: string): string {
  return name.replace(/[A-Z]/g, (letter, at: number) => (at > 0 ? ' ' : '') + letter.toLowerCase());
}

/** As Prettier prints a Markdown table: columns padded to their widest cell. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, at) =>
    Math.max(title.length, ...rows.map((row) => (row[at] ?? '').length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join(' | ')} |`;
  const rule = widths.map((width) => '-'.repeat(width));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
