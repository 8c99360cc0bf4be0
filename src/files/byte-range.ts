import type { ByteRange } from '../access/guarded-files.ts';

/**
 * A `Range` header over so many bytes → the one range it names, its end not included; `whole` for what is malformed or names several,
 * which a server may ignore; `unsatisfiable` when it begins behind the end.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-14
 */
export function parseRange(
  header: string | undefined,
  length: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  const [, from = '', to = ''] = /^bytes=\s*(\d*)\s*-\s*(\d*)\s*$/.exec(header ?? '') ?? [];
  if (from === '' && to === '') return 'whole';
  if (from === '') {
    const count = Math.min(Number(to), length);
    return count === 0 ? 'unsatisfiable' : { start: length - count, end: length };
  }
  const start = Number(from);
  const end = to === '' ? length : Math.min(Number(to) + 1, length);
  if (to !== '' && Number(to) < start) return 'whole';
  return start >= length ? 'unsatisfiable' : { start, end };
}
