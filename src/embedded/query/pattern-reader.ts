/** The characters of a pattern, read once, left to right. */
export class PatternReader {
  readonly #chars: readonly string[];
  #at = 0;

  constructor(pattern: string) {
    this.#chars = Array.from(pattern);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#chars.length;
  }

  /** The character `offset` places ahead, unread; empty beyond the end. */
  peek(offset = 0): string {
    return this.#chars[this.#at + offset] ?? '';
  }

  /** Up to `length` characters that come next, unread. */
  rest(length: number): string {
    return this.#chars.slice(this.#at, this.#at + length).join('');
  }

  /** Reads a character; empty at the end. */
  next(): string {
    const char = this.peek();
    this.#at += 1;
    return char;
  }

  /** Reads `length` characters that were looked at. */
  skip(length: number): void {
    this.#at += length;
  }
}
