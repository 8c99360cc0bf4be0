/** What became of each test of a run, for the summary and for the share that may be listed as known failures. */
export class Tally {
  readonly #skipped = new Map<string, number>();
  #passed = 0;
  #listed = 0;
  #failed = 0;

  pass(): void {
    this.#passed += 1;
  }

  skip(reason: string): void {
    this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
  }

  list(): void {
    this.#listed += 1;
  }

  fail(): void {
    this.#failed += 1;
  }

  /** Listed tests among all that could be run, from 0 to 1. */
  get listedShare(): number {
    const ran = this.#passed + this.#listed + this.#failed;
    return ran === 0 ? 0 : this.#listed / ran;
  }

  /** One line of counts, then one line for each reason to skip, most frequent first. */
  summary(): string {
    const reasons = [...this.#skipped].sort(([, left], [, right]) => right - left);
    const skipped = reasons.reduce((sum, [, count]) => sum + count, 0);
    const counts = [
      `${this.#passed} passed`,
      `${this.#listed} listed as known failures`,
      `${this.#failed} failed`,
      `${skipped} skipped`,
    ];
    const lines = reasons.map(([reason, count]) => `  ${count} skipped: ${reason}`);
    return [`MongoDB's driver tests: ${counts.join(', ')}`, ...lines].join('\n');
  }
}
