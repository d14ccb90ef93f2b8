/**
 * Turns the label bytes of a message into the key of its series, without a string.
 *
 * 1. Names and values already stand in the body as UTF-8: the key is the same bytes with lengths before them. So a
 *    series costs one pass over its labels, known or not, and nothing has to be remembered between requests. A cache
 *    from label bytes to keys was considered: it has to hash and compare the same bytes, and saves nothing.
 * 2. Rules are looked at in that pass: sorted names, none empty and none twice, a metric name, UTF-8, the limits.
 *    Text is ASCII nearly always, which the pass sees; only other bytes are asked whether they are UTF-8.
 * 3. Labels with an empty value are left out, as everywhere. Unsorted labels are sorted or refused, as told: upstream
 *    sorts what senders of 1.0 write, the text of 2.0 forbids it.
 *
 * Label strings are made for messages about faults alone.
 */
import { isUtf8 } from 'node:buffer';
import { formatLabels, labelsFromPairs } from '@vedette/model';
import {
  FAULT_LABELS_CHARACTERS_MAX,
  LABEL_NAME_BYTES_MAX,
  LABEL_VALUE_BYTES_MAX,
  LABELS_PER_SERIES_MAX,
  SERIES_KEY_BYTES_MAX,
} from './limits.ts';

export interface SeriesKeyOptions {
  /** False: unsorted labels are a fault. */
  readonly sortsLabels: boolean;
}

/** Why a series is refused. */
export interface LabelFault {
  readonly reason: 'invalid-labels' | 'label-limit';
  readonly text: string;
}

export class SeriesKeyWriter {
  readonly #body: Uint8Array;
  readonly #sortsLabels: boolean;
  /** Start and end of name and value in the body, four numbers a label. */
  readonly #parts = new Uint32Array(LABELS_PER_SERIES_MAX * 4);
  #labelCount = 0;
  readonly #key = new Uint8Array(SERIES_KEY_BYTES_MAX);
  #keyLength = 0;
  #metricNameStart = 0;
  #metricNameEnd = 0;

  constructor(body: Uint8Array, options: SeriesKeyOptions) {
    this.#body = body;
    this.#sortsLabels = options.sortsLabels;
  }

  /** Begins another series. */
  clear(): void {
    this.#labelCount = 0;
  }

  /** A label by where its name and value stand in the body. Beyond the limit it is only counted. */
  add(nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    if (this.#labelCount < LABELS_PER_SERIES_MAX) {
      const at = this.#labelCount * 4;
      this.#parts[at] = nameStart;
      this.#parts[at + 1] = nameEnd;
      this.#parts[at + 2] = valueStart;
      this.#parts[at + 3] = valueEnd;
    }
    this.#labelCount++;
  }

  /** Makes the key of the labels added since `clear`; a fault when they are no valid series. */
  finish(): LabelFault | undefined {
    if (this.#labelCount > LABELS_PER_SERIES_MAX)
      return limitFault(`it has ${this.#labelCount} labels, the limit is ${LABELS_PER_SERIES_MAX}`);
    if (!this.#isSorted()) {
      if (!this.#sortsLabels) return labelFault('label names are not sorted');
      this.#sort();
    }
    this.#keyLength = 0;
    this.#metricNameEnd = this.#metricNameStart;
    for (let label = 0; label < this.#labelCount; label++) {
      const fault = this.#write(label);
      if (fault !== undefined) return fault;
    }
    if (this.#metricNameEnd === this.#metricNameStart)
      return labelFault('the metric name (__name__) is missing or empty');
    return undefined;
  }

  /** The key; valid until the next series is finished. */
  get key(): Uint8Array {
    return this.#key.subarray(0, this.#keyLength);
  }

  /** Where the metric name stands in the body, after a `finish` without a fault. */
  get metricName(): { readonly start: number; readonly end: number } {
    return { start: this.#metricNameStart, end: this.#metricNameEnd };
  }

  /** The labels as people read them, for a message. */
  describe(): string {
    const pairs: [string, string][] = [];
    for (let label = 0; label < Math.min(this.#labelCount, LABELS_PER_SERIES_MAX); label++)
      pairs.push([this.#text(label * 4), this.#text(label * 4 + 2)]);
    const text = formatLabels(labelsFromPairs(pairs));
    return text.length > FAULT_LABELS_CHARACTERS_MAX
      ? `${text.slice(0, FAULT_LABELS_CHARACTERS_MAX)}…`
      : text;
  }

  #text(part: number): string {
    const start = this.#parts[part] ?? 0;
    const end = Math.min(this.#parts[part + 1] ?? 0, start + FAULT_LABELS_CHARACTERS_MAX);
    return Buffer.from(this.#body.subarray(start, end)).toString();
  }

  #write(label: number): LabelFault | undefined {
    const parts = this.#parts;
    const nameStart = parts[label * 4] ?? 0;
    const nameEnd = parts[label * 4 + 1] ?? 0;
    const valueStart = parts[label * 4 + 2] ?? 0;
    const valueEnd = parts[label * 4 + 3] ?? 0;
    if (nameStart === nameEnd) return labelFault('a label name is empty');
    if (label > 0 && this.#compareNames(label - 1, label) === 0)
      return labelFault(`label name "${this.#text(label * 4)}" stands twice`);
    if (nameEnd - nameStart > LABEL_NAME_BYTES_MAX)
      return limitFault(
        `a label name has ${nameEnd - nameStart} bytes, the limit is ${LABEL_NAME_BYTES_MAX}`,
      );
    if (valueEnd - valueStart > LABEL_VALUE_BYTES_MAX)
      return limitFault(
        `the value of label "${this.#text(label * 4)}" has ${valueEnd - valueStart} bytes, the limit is ${LABEL_VALUE_BYTES_MAX}`,
      );
    // An empty label is none, but its name has to be one.
    if (valueStart === valueEnd)
      return this.#isText(nameStart, nameEnd) ? undefined : labelFault('a label name is not UTF-8');
    if (
      this.#keyLength + nameEnd - nameStart + valueEnd - valueStart + LENGTHS_BYTES_MAX >
      SERIES_KEY_BYTES_MAX
    )
      return limitFault(`its labels have more than ${SERIES_KEY_BYTES_MAX} bytes`);
    if (isMetricName(this.#body, nameStart, nameEnd)) {
      this.#metricNameStart = valueStart;
      this.#metricNameEnd = valueEnd;
    }
    if (!this.#writePart(nameStart, nameEnd)) return labelFault('a label name is not UTF-8');
    if (!this.#writePart(valueStart, valueEnd))
      return labelFault(`the value of label "${this.#text(label * 4)}" is not UTF-8`);
    return undefined;
  }

  /** False when the bytes are no text. */
  #writePart(start: number, end: number): boolean {
    const body = this.#body;
    const key = this.#key;
    let at = this.#keyLength;
    let rest = end - start;
    for (; rest >= 128; rest >>>= 7) key[at++] = (rest & 127) | 128;
    key[at++] = rest;
    let seen = 0;
    for (let i = start; i < end; i++) {
      const byte = body[i] ?? 0;
      seen |= byte;
      key[at++] = byte;
    }
    this.#keyLength = at;
    return seen < 128 || isUtf8(body.subarray(start, end));
  }

  #isText(start: number, end: number): boolean {
    return isUtf8(this.#body.subarray(start, end));
  }

  #isSorted(): boolean {
    for (let label = 1; label < this.#labelCount; label++)
      if (this.#compareNames(label - 1, label) > 0) return false;
    return true;
  }

  #sort(): void {
    const order = Array.from({ length: this.#labelCount }, (_, label) => label);
    order.sort((a, b) => this.#compareNames(a, b));
    const sorted = order.flatMap((label) => [...this.#parts.subarray(label * 4, label * 4 + 4)]);
    this.#parts.set(sorted);
  }

  #compareNames(a: number, b: number): number {
    const body = this.#body;
    const parts = this.#parts;
    let i = parts[a * 4] ?? 0;
    let j = parts[b * 4] ?? 0;
    const iEnd = parts[a * 4 + 1] ?? 0;
    const jEnd = parts[b * 4 + 1] ?? 0;
    for (; i < iEnd && j < jEnd; i++, j++) {
      const difference = (body[i] ?? 0) - (body[j] ?? 0);
      if (difference !== 0) return difference;
    }
    return iEnd - i - (jEnd - j);
  }
}

/** Of a name and a value, each up to 2^21 bytes. */
const LENGTHS_BYTES_MAX = 6;

const METRIC_NAME_BYTES = Buffer.from('__name__');

function isMetricName(body: Uint8Array, start: number, end: number): boolean {
  if (end - start !== METRIC_NAME_BYTES.length) return false;
  for (let i = 0; i < METRIC_NAME_BYTES.length; i++)
    if (body[start + i] !== METRIC_NAME_BYTES[i]) return false;
  return true;
}

function labelFault(text: string): LabelFault {
  return { reason: 'invalid-labels', text };
}

function limitFault(text: string): LabelFault {
  return { reason: 'label-limit', text };
}
