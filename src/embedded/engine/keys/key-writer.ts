/** Collects the bytes of one key; reused between keys so that encoding allocates once per key. */
export class KeyWriter {
  #bytes = Buffer.allocUnsafe(256);
  #length = 0;

  /** Forgets what was written. */
  reset(): this {
    this.#length = 0;
    return this;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  bytes(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  uint16(value: number): void {
    this.#reserve(2);
    this.#length = this.#bytes.writeUInt16BE(value, this.#length);
  }

  uint32(value: number): void {
    this.#reserve(4);
    this.#length = this.#bytes.writeUInt32BE(value, this.#length);
  }

  /** Eight bytes in the order of the numbers; NaN comes before all others. */
  double(value: number): void {
    this.#reserve(8);
    const at = this.#length;
    this.#length += 8;
    if (Number.isNaN(value)) {
      this.#bytes.fill(0, at, at + 8);
      return;
    }
    this.#bytes.writeDoubleBE(value === 0 ? 0 : value, at);
    const first = this.#bytes[at] ?? 0;
    if (first < 0x80) {
      this.#bytes[at] = first | 0x80;
      return;
    }
    for (let index = at; index < at + 8; index += 1) {
      this.#bytes[index] = ~(this.#bytes[index] ?? 0);
    }
  }

  /** A text that may be followed by more: NUL is escaped, two NULs end it. */
  text(value: string): void {
    const length = Buffer.byteLength(value);
    this.#reserve(length * 2 + 2);
    const at = this.#length;
    this.#bytes.write(value, at, 'utf8');
    this.#length += length;
    if (value.includes('\0')) this.#escape(at);
    this.#bytes[this.#length++] = 0;
    this.#bytes[this.#length++] = 0;
  }

  /** A copy of what was written. */
  done(): Buffer {
    return Buffer.from(this.#bytes.subarray(0, this.#length));
  }

  #escape(at: number): void {
    const plain = Buffer.from(this.#bytes.subarray(at, this.#length));
    let to = at;
    for (const byte of plain) {
      this.#bytes[to++] = byte;
      if (byte === 0) this.#bytes[to++] = 0xff;
    }
    this.#length = to;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafe((this.#length + more) * 2);
    this.#bytes.copy(wider, 0, 0, this.#length);
    this.#bytes = wider;
  }
}
