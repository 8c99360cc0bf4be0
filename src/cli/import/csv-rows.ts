import { CsvError, parse } from 'csv-parse/sync';
import type { ClassSchema } from '../../parse/class-schema.ts';
import type { FieldKind } from '../../parse/field-type.ts';
import { isRecord } from '../../server/setting-parsers.ts';
import { BadRow, type Row } from './row.ts';

type CellReader = (text: string) => unknown;

const ISO_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/;

const asNumber: CellReader = (text) => (Number.isFinite(Number(text)) ? Number(text) : text);
const asBoolean: CellReader = (text) =>
  /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : text;
const asDate: CellReader = (text) => ({ __type: 'Date', iso: text });
const asText: CellReader = (text) => text;
const asJson: CellReader = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
const asPosition: CellReader = (text) => {
  const [latitude, longitude, ...rest] = text.split(/[\s,;]+/).map(Number);
  return rest.length === 0 ? { __type: 'GeoPoint', latitude, longitude } : text;
};

/** How the cell of a column of each kind is read; what does not fit stays text and is refused with its line. */
const CELLS: Readonly<Record<FieldKind, CellReader>> = {
  String: asText,
  Number: asNumber,
  Boolean: asBoolean,
  Date: asDate,
  Object: asJson,
  Array: asJson,
  Polygon: asJson,
  GeoPoint: asPosition,
  File: (name) => ({ __type: 'File', name }),
  Bytes: (base64) => ({ __type: 'Bytes', base64 }),
  Pointer: asText,
  Relation: asJson,
};

/**
 * The objects of a CSV text whose first line names the columns. Cells are read as the class says; those of columns it does not
 * have, as numbers, booleans or dates when all of them are that, else as text. An empty cell is no value.
 * @throws BadRow for a line with too many or too few cells.
 */
export function readCsvRows(text: string, schema: ClassSchema | undefined): readonly Row[] {
  const rows = parseCsv(text);
  const columns = Object.keys(rows[0]?.cells ?? {});
  const readers = new Map(
    columns.map((name) => [
      name,
      readerOf(name, schema) ?? inferReader(rows.map(({ cells }) => cells[name] ?? '')),
    ]),
  );
  return rows.map(({ line, cells }) => ({
    line,
    fields: Object.fromEntries(
      Object.entries(cells)
        .filter(([, cell]) => cell !== '')
        .map(([name, cell]) => [name, readers.get(name)?.(cell) ?? cell]),
    ),
  }));
}

function readerOf(name: string, schema: ClassSchema | undefined): CellReader | undefined {
  if (name === 'objectId') return asText;
  if (name === 'createdAt' || name === 'updatedAt') return asText;
  if (name === 'ACL') return asJson;
  const type = schema?.fields.get(name)?.type;
  if (type === undefined) return undefined;
  if (type.kind !== 'Pointer') return CELLS[type.kind];
  return (objectId) => ({ __type: 'Pointer', className: type.targetClass, objectId });
}

function inferReader(cells: readonly string[]): CellReader {
  const given = cells.filter((cell) => cell !== '');
  const all = (test: (cell: string) => boolean) => given.length > 0 && given.every(test);
  if (all((cell) => /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(cell))) return asNumber;
  if (all((cell) => /^(true|false)$/i.test(cell))) return asBoolean;
  if (all((cell) => ISO_TIME.test(cell))) return asDate;
  return asText;
}

interface CsvLine {
  readonly line: number;
  readonly cells: Readonly<Record<string, string>>;
}

function parseCsv(text: string): readonly CsvLine[] {
  let previousLine = 1;
  try {
    const records: readonly unknown[] = parse(text, {
      bom: true,
      columns: true,
      info: true,
      skip_empty_lines: true,
    });
    return records.map((each) => {
      const { record, info } = each as {
        readonly record: Readonly<Record<string, string>>;
        readonly info: { readonly lines: number };
      };
      // A quoted cell may span lines: the row begins behind the one before it.
      const line = previousLine + 1;
      previousLine = info.lines;
      return { line, cells: record };
    });
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const lines: unknown = isRecord(error) ? error['lines'] : undefined;
    throw new BadRow(typeof lines === 'number' ? lines : previousLine, error.message);
  }
}
