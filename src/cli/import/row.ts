/** One object of a file before its class is looked at. */
export interface Row {
  /** Where it begins, counted from 1. */
  readonly line: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A row that cannot be imported: says where and why. */
export class BadRow extends Error {
  readonly line: number;

  constructor(line: number, reason: string) {
    super(reason);
    this.name = 'BadRow';
    this.line = line;
  }
}
