/** What a series is to its metric. */
export type SeriesKind = 'value' | 'count' | 'sum' | 'bucket' | 'quantile' | 'native' | 'converted';

/**
 * The bytes by which a series of a protobuf page is known from page to page, in the place of a text line: what the
 * message says of it, undecoded. A buffer that is filled once per metric and changed in its head per series.
 *
 *     0        NUL, which begins no line of text: a target may change its format without confusion
 *     1        kind
 *     2…9      bucket bound or quantile, as a double
 *     10…13    length of the family's name, then the name
 *     …        per label: length (4 bytes), then the label pair's message
 */
export class MetricKey {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #length = HEAD_BYTES;
  #familyEnd = HEAD_BYTES;

  /** Valid up to `length`, until the next call that adds. */
  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get view(): DataView {
    return this.#view;
  }

  get length(): number {
    return this.#length;
  }

  beginFamily(name: string): void {
    this.#length = HEAD_BYTES;
    this.#append(ENCODER.encode(name));
    this.#familyEnd = this.#length;
  }

  beginMetric(): void {
    this.#length = this.#familyEnd;
  }

  addLabel(pair: Uint8Array): void {
    this.#append(pair);
  }

  select(kind: SeriesKind, border: number): void {
    this.#bytes[1] = KINDS.indexOf(kind);
    this.#view.setFloat64(2, border);
  }

  #append(part: Uint8Array): void {
    const end = this.#length + 4 + part.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#view.setUint32(this.#length, part.length);
    this.#bytes.set(part, this.#length + 4);
    this.#length = end;
  }
}

/** NUL, kind, border. */
const HEAD_BYTES = 10;

const KINDS: readonly SeriesKind[] = ['value', 'count', 'sum', 'bucket', 'quantile', 'native', 'converted'];

const ENCODER = new TextEncoder();
