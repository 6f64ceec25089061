/**
 * One growing buffer: keys are built on every insert, and an allocation for each part would be most
 * of the cost.
 */
export class KeyWriter {
  private bytes = Buffer.allocUnsafe(8_192);
  length = 0;

  private room(size: number): void {
    if (this.length + size <= this.bytes.length) return;
    const bigger = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.length + size));
    this.bytes.copy(bigger, 0, 0, this.length);
    this.bytes = bigger;
  }
  byte(value: number): void {
    this.room(1);
    this.bytes[this.length] = value;
    this.length += 1;
  }
  put(part: Uint8Array): void {
    this.room(part.length);
    this.bytes.set(part, this.length);
    this.length += part.length;
  }
  uint32(value: number): void {
    this.room(4);
    this.length = this.bytes.writeUInt32BE(value, this.length);
  }
  uint64(value: bigint): void {
    this.room(8);
    this.length = this.bytes.writeBigUInt64BE(BigInt.asUintN(64, value), this.length);
  }
  /**
   * Positive numbers get the sign bit set, negative ones are inverted: then byte order is numeric
   * order.
   */
  double(value: number): void {
    this.room(8);
    const start = this.length;
    this.length = this.bytes.writeDoubleBE(value === 0 ? 0 : value, start);
    const first = this.bytes[start] ?? 0;
    if (first & 0x80) this.invertFrom(start);
    else this.bytes[start] = first | 0x80;
  }
  /**
   * Text ends with 00 01; a zero byte inside is written 00 ff, so the shorter text stays the
   * smaller one.
   */
  text(value: string): void {
    if (value.includes('\0')) {
      for (const byte of Buffer.from(value, 'utf8')) {
        this.byte(byte);
        if (byte === 0) this.byte(0xff);
      }
    } else {
      this.room(value.length * 3 + 2);
      this.length += this.bytes.write(value, this.length, 'utf8');
    }
    this.byte(0);
    this.byte(1);
  }
  /** Turns the order of everything written since `start` around: a descending index field. */
  invertFrom(start: number): void {
    for (let at = start; at < this.length; at += 1) this.bytes[at] = 0xff - (this.bytes[at] ?? 0);
  }
  truncate(length: number): void {
    this.length = length;
  }
  /** That which is written, valid until the next write. */
  view(): Buffer {
    return this.bytes.subarray(0, this.length);
  }
  slice(from = 0): Buffer {
    return Buffer.from(this.bytes.subarray(from, this.length));
  }
}
