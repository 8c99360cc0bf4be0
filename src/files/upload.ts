/** What an upload's request does for it. */
export interface UploadDoor {
  claim(): Promise<string>;
  keep(): void;
  release(): Promise<void>;
}

/**
 * One file of a multipart request, where the operation refers to it. Its bytes may still be on their way.
 *
 * Whoever wants it stored calls `store`, then `keep` once something refers to the stored file, and in any case `release`: what
 * nobody kept is removed when the request ends.
 */
export class Upload {
  readonly #door: UploadDoor;
  #name: string | undefined;

  constructor(door: UploadDoor) {
    this.#door = door;
  }

  /**
   * Stores it, however often it is asked for, once. Resolves with the name when the last byte is stored.
   * @throws GatewayError as `FileService.save`; 130 when the request ends without it.
   */
  async store(): Promise<string> {
    return (this.#name = await this.#door.claim());
  }

  /** The name of the stored file. @throws Error before `store` has resolved. */
  get storedName(): string {
    if (this.#name === undefined) throw new Error('an upload that was not stored');
    return this.#name;
  }

  keep(): void {
    this.#door.keep();
  }

  /** Resolves when the file is removed, where this was what it waited for. */
  release(): Promise<void> {
    return this.#door.release();
  }
}
