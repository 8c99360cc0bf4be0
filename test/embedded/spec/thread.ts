/** Runs operations one after the other, beside the main line of a test. */
export class Thread {
  #last: Promise<void> = Promise.resolve();

  /** Queues an operation and returns at once. After a failure nothing more runs. */
  run(operation: () => Promise<void>): void {
    this.#last = this.#last.then(operation);
    // The failure is reported by `finish`; without a handler Node would end the process before.
    this.#last.catch(() => undefined);
  }

  /**
   * Resolves when everything queued has run.
   *
   * @throws whatever the first failing operation threw, or Error after `timeoutMs`.
   */
  async finish(timeoutMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error(`the thread did not finish in ${timeoutMs} ms`));
      }, timeoutMs);
    });
    await Promise.race([this.#last, late]).finally(() => {
      clearTimeout(timer);
    });
  }
}
