import { labelsFromPairs, type Exemplar, type Slicer } from '@vedette/model';
import { ClassicHistogram } from './classic-histogram.ts';
import { parseGoFloat } from './decimal.ts';
import { ExpositionReader, type ExpositionFormat } from './exposition-reader.ts';
import type { PageBatch, SampleRules } from './page-batch.ts';
import { pairsOf } from './sample-labels.ts';
import {
  codeOfType,
  DROPPED,
  METADATA,
  typeOfCode,
  type HistogramGroup,
  type LineRole,
  type TargetCache,
} from './target-cache.ts';
import type { TargetMetadata } from './target-metadata.ts';

/** Where a page goes. */
export interface PageParts {
  readonly cache: TargetCache;
  readonly metadata: TargetMetadata;
  readonly batch: PageBatch;
}

/** What is read, and how. */
export interface PageSource {
  readonly bytes: Uint8Array;
  readonly rules: SampleRules;
  readonly slicer: Slicer;
}

/**
 * Reads a page of the text format or of OpenMetrics into the batch.
 *
 * 1. A line that is known costs a comparison of bytes and a number; only an unknown one is parsed into labels, mapped
 *    and remembered.
 * 2. OpenMetrics tells in a series of its own, `…_created`, when a counter, summary or histogram began. It stays a
 *    series, as in Prometheus without its feature flag, and becomes the start of the samples it speaks of: those of the
 *    same family and labels. A family that has such a series and a new line is read once more at the end, to find out
 *    which belong together; the known ones cost a look at a number per line.
 * 3. Where classic histograms are converted, their lines are parts of a `HistogramGroup`. Parts that follow each other
 *    are collected; the next line of another kind, or the end, makes the native histogram of them.
 */
export async function readTextPage(
  parts: PageParts,
  source: PageSource & { readonly format: ExpositionFormat },
): Promise<void> {
  const page = new TextPage(parts, source);
  for (let lineCount = 1; page.readLine(); lineCount++)
    if ((lineCount & 31) === 0 && source.slicer.shouldYield()) await source.slicer.yield();
  page.end();
  for (const start of page.unlinkedFamilies) await page.linkFamily(start, source.slicer);
  page.tellStarts();
}

class TextPage {
  readonly #cache: TargetCache;
  readonly #metadata: TargetMetadata;
  readonly #batch: PageBatch;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #format: ExpositionFormat;
  readonly #rules: SampleRules;
  readonly #reader: ExpositionReader;
  /** Where the last type line begins, -1 before the first. */
  #typeStart = -1;
  /** The family that the last type line speaks of, once it was asked for. */
  #typeFamily: string | undefined;
  /** The type that holds, as a number to compare. */
  #typeCode = codeOfType('unknown');
  /** Whether the family at hand has a line that was learned just now, and one that tells a start. */
  #hasNewLine = false;
  #hasStart = false;
  /** Where the families begin whose starts have to find their series. */
  readonly unlinkedFamilies: number[] = [];
  readonly #starts: { readonly line: number; readonly startMs: number }[] = [];
  #open: OpenHistogram | undefined;

  constructor({ cache, metadata, batch }: PageParts, source: PageSource & { format: ExpositionFormat }) {
    this.#cache = cache;
    this.#metadata = metadata;
    this.#batch = batch;
    this.#bytes = source.bytes;
    this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.length);
    this.#format = source.format;
    this.#rules = source.rules;
    this.#reader = new ExpositionReader(this.#bytes, source.format);
  }

  /** False at the end of the page. */
  readLine(): boolean {
    const reader = this.#reader;
    if (!reader.nextLine()) return false;
    const line = this.#cache.predict(this.#view, reader.lineStart);
    return (line >= 0 && this.#readKnown(line)) || this.#readUnknown();
  }

  /** What is left to do behind the last line. */
  end(): void {
    this.#closeHistogram();
    this.#endFamily();
  }

  /** Reads a family once more and links the lines that tell starts with the series of their metric. */
  async linkFamily(start: number, slicer: Slicer): Promise<void> {
    const bytes = this.#bytes.subarray(start);
    const reader = new ExpositionReader(bytes, this.#format);
    const members = new Map<string, number[]>();
    const created: { readonly line: number; readonly text: string; readonly known: readonly number[] }[] = [];
    let family = '';
    for (let lineCount = 1; reader.nextLine(); lineCount++) {
      if ((lineCount & 31) === 0 && slicer.shouldYield()) await slicer.yield();
      const kind = reader.readHead();
      if (kind === 'end' || (kind === 'type' && lineCount > 1)) break;
      if (kind === 'type') family = reader.family;
      if (kind !== 'series') continue;
      const line = this.#cache.findLine(bytes, reader.lineStart, reader.headEnd);
      const exposed = reader.labels();
      reader.readTail();
      if (!(exposed[1] ?? '').startsWith(family)) continue;
      const text = textOfGroup(family, exposed);
      const role = this.#cache.roleOf(line);
      if (role?.kind === 'created') created.push({ line, text, known: role.members });
      else {
        const listed = members.get(text);
        const found = [this.#cache.seriesOfLine(line), ...(role === undefined ? [] : [role.group.series])];
        if (listed === undefined) members.set(text, found);
        else listed.push(...found);
      }
    }
    for (const { line, text, known } of created) {
      // What was known before stays: a family may have had another type, and may have it again.
      const found = new Set([...known, ...(members.get(text) ?? [])].filter((series) => series >= 0));
      this.#cache.setRole(line, { kind: 'created', members: [...found] });
    }
  }

  tellStarts(): void {
    for (const { line, startMs } of this.#starts) {
      const role = this.#cache.roleOf(line);
      if (role?.kind !== 'created') continue;
      for (const series of role.members) this.#batch.setStart(series, startMs);
    }
  }

  /** False when the line only begins like the known one. */
  #readKnown(line: number): boolean {
    const bytes = this.#bytes;
    const reader = this.#reader;
    const length = this.#cache.lineLengthOf(line);
    const series = this.#cache.seriesOfLine(line);
    const end = reader.lineStart + length;
    if (series <= METADATA) {
      if (end < bytes.length && bytes[end] !== NEWLINE) return false;
      const type = typeOfCode(series);
      if (type !== undefined) {
        reader.type = type;
        this.#noteType(series);
      }
      reader.skipMetadata(length);
    } else {
      // Under another type the line means something else.
      if (!this.#cache.isLearnedAs(line, this.#typeCode)) return false;
      const next = bytes[end];
      if (next !== SPACE && next !== TAB) return false;
      // A blank may still be followed by labels.
      if (bytes[end - 1] !== BRACE_CLOSE && (bytes[end + 1] === BRACE_OPEN || bytes[end + 1] === next))
        return false;
      reader.skipHead(length);
      reader.readTail();
      this.#take(line);
    }
    this.#cache.seeLine(line);
    return true;
  }

  /** False at the end mark of the page. */
  #readUnknown(): boolean {
    const reader = this.#reader;
    const kind = reader.readHead();
    if (kind === 'end') return false;
    const { lineStart, headEnd } = reader;
    let line = this.#cache.findLine(this.#bytes, lineStart, headEnd);
    if (kind !== 'series') {
      // A comment is no more than its bytes; noting it keeps the prediction in step.
      if (kind === 'type') {
        this.#metadata.note(reader.family, { type: reader.type });
        this.#noteType(codeOfType(reader.type));
      } else if (kind === 'help') this.#metadata.note(reader.family, { help: reader.text });
      else if (kind === 'unit') this.#metadata.note(reader.family, { unit: reader.text });
      const code = kind === 'type' ? this.#typeCode : METADATA;
      if (line < 0) line = this.#cache.addLine(this.#bytes, lineStart, headEnd, { series: code });
      this.#cache.seeLine(line);
      return true;
    }
    reader.readTail();
    const isKnown = line >= 0 && this.#cache.isLearnedAs(line, this.#typeCode);
    if (!isKnown && this.#batch.isFull(this.#rules)) {
      this.#batch.counts.scrapedCount++;
      this.#batch.countSurplus();
      return true;
    }
    if (!isKnown) line = this.#learn(line);
    this.#cache.seeLine(line);
    this.#take(line);
    return true;
  }

  #noteType(code: number): void {
    this.#endFamily();
    this.#typeCode = code;
    this.#typeStart = this.#reader.lineStart;
    this.#typeFamily = undefined;
  }

  #endFamily(): void {
    if (this.#hasNewLine && this.#hasStart) this.unlinkedFamilies.push(this.#typeStart);
    this.#hasNewLine = false;
    this.#hasStart = false;
  }

  /** Takes the sample of the line whose tail was just read. */
  #take(line: number): void {
    const role = this.#cache.roleOf(line);
    if (role?.kind === 'part') {
      this.#collect(role);
      if (!this.#rules.histograms.isClassicAlwaysKept) return;
    } else {
      if (this.#open !== undefined) this.#closeHistogram();
      if (role !== undefined) this.#noteStart(line);
    }
    this.#batch.counts.scrapedCount++;
    const series = this.#cache.seriesOfLine(line);
    if (this.#batch.add(series, this.#reader, this.#rules) && this.#reader.hasExemplar)
      this.#batch.addExemplar(series, this.#exemplar());
  }

  /** Parses the labels of the line at hand and remembers what they lead to; `known` is its number under another type, or -1. */
  #learn(known: number): number {
    const reader = this.#reader;
    const { lineStart, headEnd } = reader;
    const exposed = reader.labels();
    const role = this.#roleOf(exposed);
    const isSwallowed = role?.kind === 'part' && !this.#rules.histograms.isClassicAlwaysKept;
    const series = isSwallowed ? DROPPED : this.#batch.seriesOf(exposed, this.#rules);
    this.#hasNewLine = true;
    const meaning = { series, typeCode: this.#typeCode, role };
    if (known < 0) return this.#cache.addLine(this.#bytes, lineStart, headEnd, meaning);
    this.#cache.setMeaning(known, meaning);
    return known;
  }

  #roleOf(exposed: readonly string[]): LineRole | undefined {
    const name = exposed[1] ?? '';
    if (this.#isCreated(name)) return { kind: 'created', members: [] };
    const part = this.#rules.histograms.isClassicConverted ? this.#partOf(name) : undefined;
    if (part === undefined) return undefined;
    const bound = part === 'bucket' ? parseGoFloat(valueOf(exposed, 'le') ?? '') : 0;
    if (bound === undefined || Number.isNaN(bound)) return undefined;
    return { kind: 'part', part, bound, group: this.#groupOf(exposed) };
  }

  #isCreated(name: string): boolean {
    return (
      this.#format === 'openmetrics' &&
      STARTING_TYPES.has(this.#reader.type) &&
      name.endsWith('_created') &&
      name === `${this.#family()}_created`
    );
  }

  #partOf(name: string): 'bucket' | 'count' | 'sum' | undefined {
    if (this.#reader.type !== 'histogram') return undefined;
    const family = this.#family();
    if (!name.startsWith(family)) return undefined;
    return PARTS.get(name.slice(family.length));
  }

  #groupOf(exposed: readonly string[]): HistogramGroup {
    const text = textOfGroup(this.#family(), exposed);
    const known = this.#cache.findGroup(text);
    if (known !== undefined) return known;
    const labels = ['__name__', this.#family()];
    for (let i = 2; i < exposed.length; i += 2)
      if (exposed[i] !== 'le') labels.push(exposed[i] ?? '', exposed[i + 1] ?? '');
    const group = { text, series: this.#batch.seriesOf(labels, this.#rules) };
    this.#cache.addGroup(group);
    return group;
  }

  /** The family of the last type line. A known line was not parsed, so that this happens when it is asked for. */
  #family(): string {
    if (this.#typeFamily === undefined && this.#typeStart >= 0) {
      const reader = new ExpositionReader(this.#bytes.subarray(this.#typeStart), this.#format);
      reader.nextLine();
      reader.readHead();
      this.#typeFamily = reader.family;
    }
    return this.#typeFamily ?? '';
  }

  #noteStart(line: number): void {
    this.#hasStart = true;
    const startMs = Math.trunc(this.#reader.value * 1000);
    if (Number.isSafeInteger(startMs) && startMs > 0) this.#starts.push({ line, startMs });
  }

  #exemplar(): Exemplar {
    const { exemplarValue, exemplarTimestampMs, timestampMs } = this.#reader;
    const ownMs =
      Number.isNaN(timestampMs) || !this.#rules.honorTimestamps ? this.#rules.timestampMs : timestampMs;
    return {
      labels: labelsFromPairs(pairsOf(this.#reader.exemplarLabels())),
      value: exemplarValue,
      timestampMs: Number.isNaN(exemplarTimestampMs) ? ownMs : exemplarTimestampMs,
    };
  }

  #collect({ group, part, bound }: LineRole & { kind: 'part' }): void {
    if (this.#open?.group !== group) this.#closeHistogram();
    const reader = this.#reader;
    this.#open ??= {
      group,
      classic: new ClassicHistogram(),
      exemplars: [],
      timestampMs: reader.timestampMs,
    };
    const { classic, exemplars } = this.#open;
    if (part === 'bucket') classic.addBucket(bound, reader.value);
    else if (part === 'count') classic.setCount(reader.value);
    else classic.setSum(reader.value);
    // Without a time of its own an exemplar of a native histogram cannot be told from its repetition.
    if (reader.hasExemplar && !Number.isNaN(reader.exemplarTimestampMs)) exemplars.push(this.#exemplar());
  }

  #closeHistogram(): void {
    if (this.#open === undefined) return;
    const { group, classic, exemplars, timestampMs } = this.#open;
    this.#open = undefined;
    const histogram = classic.toHistogram();
    if (histogram === undefined) {
      this.#batch.counts.unconvertedCount++;
      return;
    }
    this.#batch.counts.scrapedCount++;
    if (!this.#batch.add(group.series, { timestampMs, value: 0, histogram }, this.#rules)) return;
    exemplars.sort((a, b) => a.timestampMs - b.timestampMs);
    for (const exemplar of exemplars) this.#batch.addExemplar(group.series, exemplar);
  }
}

/** A classic histogram whose lines are being read. */
interface OpenHistogram {
  readonly group: HistogramGroup;
  readonly classic: ClassicHistogram;
  readonly exemplars: Exemplar[];
  readonly timestampMs: number;
}

/** Types whose metrics have a beginning. */
const STARTING_TYPES: ReadonlySet<string> = new Set(['counter', 'summary', 'histogram']);

const PARTS: ReadonlyMap<string, 'bucket' | 'count' | 'sum'> = new Map([
  ['_bucket', 'bucket'],
  ['_count', 'count'],
  ['_sum', 'sum'],
]);

/** What the series of one metric have in common: its family and its labels without bound and quantile, in their order. */
function textOfGroup(family: string, exposed: readonly string[]): string {
  const pairs: string[] = [];
  for (let i = 2; i < exposed.length; i += 2)
    if (exposed[i] !== 'le' && exposed[i] !== 'quantile')
      pairs.push(JSON.stringify([exposed[i], exposed[i + 1]]));
  return JSON.stringify([family, ...pairs.sort()]);
}

function valueOf(exposed: readonly string[], name: string): string | undefined {
  for (let i = 2; i < exposed.length; i += 2) if (exposed[i] === name) return exposed[i + 1];
  return undefined;
}

const TAB = 0x09;
const NEWLINE = 0x0a;
const SPACE = 0x20;
const BRACE_OPEN = 0x7b;
const BRACE_CLOSE = 0x7d;
