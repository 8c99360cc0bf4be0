/** What a command sees of the process it runs in. */
export interface CommandIo {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes one line to standard output. */
  readonly print: (line: string) => void;
  /** Standard error, for progress. */
  readonly errors: NodeJS.WriteStream;
}

/** Flags as the command line gave them, by name. */
export type Flags = Readonly<Record<string, unknown>>;
