/** What an upload must be like, in Parse Server's words. */
export interface FileRules {
  /** Parse Server's `maxUploadSize`, in bytes. */
  readonly maxBytes: number;
  /** Stores under the given name, over what has it; otherwise 32 random letters go before it. */
  readonly preserveFileName: boolean;
  /** An extension that one of these matches is allowed; `undefined`: all are. */
  readonly extensions: readonly RegExp[] | undefined;
}
