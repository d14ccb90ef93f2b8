import { SeriesPlaces, type MetricType, type NumberedSeries, type Slicer } from '@vedette/model';
import { ByteTable } from './byte-table.ts';

/**
 * What a target remembers from page to page, so that a known line costs a comparison of bytes.
 *
 * 1. A *line* is the head of a series line (name and labels as the page writes them) or a whole metadata
 *    line. It leads to a series, to "dropped by relabelling", or to "metadata, nothing to do" (a type line
 *    still says which type holds from there on).
 * 2. A *series* is the final label set, as key bytes. Several lines may lead to one series.
 * 3. Pages keep their order: each line remembers which line followed it, and `predict` names it. Only
 *    a wrong guess costs a parse and a hash.
 * 4. Staleness: a series is *tracked* once a stored page carried it without a timestamp of its own.
 *    `vanished` lists the tracked series that the page at hand lacks. Marks become lasting by `commit`, when
 *    the batch is stored; a page that was refused leaves no trace in them.
 * 5. A few lines play a role beyond their series (`LineRole`): the bucket of a histogram that is converted, the
 *    time when a counter was created.
 * 6. Lines and series that no longer come are left behind by `compacted`, once they outnumber the others.
 */
export class TargetCache {
  #lines = new ByteTable();
  /** Per line: number of the series, or DROPPED, or METADATA or below. */
  #lineSeries = new Int32Array(16);
  /** Per line, and for the start of the page at index 0 (so line i is at i + 1): the line that followed, or -1. */
  #followers = new Int32Array(17).fill(-1);
  #lineSeen = new Uint32Array(16);
  /** Per line: under which type it was learned. */
  #lineType = new Int8Array(16);
  /** Per line: 1 when `#roles` has it. */
  #hasRole = new Uint8Array(16);
  #roles = new Map<number, LineRole>();
  #groups = new Map<string, HistogramGroup>();
  #series = new ByteTable();
  #seriesSeen = new Uint32Array(16);
  /** Per series: its row in the batch, valid for the series that the page at hand carries. */
  #seriesRow = new Uint32Array(16);
  /** Per series: 0 not tracked, 1 tracked. */
  #tracked = new Uint8Array(16);
  /** Per series: 1 when the page at hand carries it in a way that is tracked. */
  #trackable = new Uint8Array(16);
  #page = 0;
  #lastLine = -1;
  /** Where the store has the series, by their numbers here. */
  readonly #places = new SeriesPlaces();
  /** Per row of the batch at hand: the number of its series, or NO_NUMBER. */
  #rowNumbers = new Uint32Array(16);

  get lineCount(): number {
    return this.#lines.count;
  }

  get seriesCount(): number {
    return this.#series.count;
  }

  /** Starts a page (or an empty one, for a failed scrape): nothing is seen yet. */
  beginPage(): void {
    this.#page++;
    this.#lastLine = -1;
  }

  /** The line that probably stands at byte `start` of the page, if it does stand there; else -1. */
  predict(page: DataView, start: number): number {
    const line = this.#followers[this.#lastLine + 1] ?? -1;
    return line >= 0 && this.#lines.standsAt(line, page, start) ? line : -1;
  }

  findLine(bytes: Uint8Array, start: number, end: number): number {
    return this.#lines.indexOf(bytes, start, end);
  }

  lineLengthOf(line: number): number {
    return this.#lines.lengthOf(line);
  }

  /** Number of the series the line leads to, or `DROPPED`, or the code of a metadata line (`METADATA` or below). */
  seriesOfLine(line: number): number {
    return this.#lineSeries[line] ?? DROPPED;
  }

  addLine(bytes: Uint8Array, start: number, end: number, meaning: LineMeaning): number {
    const line = this.#lines.add(bytes, start, end);
    this.#lineSeries = withRoomFor(this.#lineSeries, line);
    this.#lineSeen = withRoomFor(this.#lineSeen, line);
    this.#lineType = withRoomFor(this.#lineType, line);
    this.#hasRole = withRoomFor(this.#hasRole, line);
    const room = this.#followers.length;
    this.#followers = withRoomFor(this.#followers, line + 1);
    this.#followers.fill(-1, room);
    this.setMeaning(line, meaning);
    return line;
  }

  setMeaning(line: number, { series, typeCode = 0, role }: LineMeaning): void {
    this.#lineSeries[line] = series;
    this.#lineType[line] = typeCode;
    this.#hasRole[line] = role === undefined ? 0 : 1;
    if (role === undefined) this.#roles.delete(line);
    else this.#roles.set(line, role);
  }

  isLearnedAs(line: number, typeCode: number): boolean {
    return this.#lineType[line] === typeCode;
  }

  roleOf(line: number): LineRole | undefined {
    return this.#hasRole[line] === 1 ? this.#roles.get(line) : undefined;
  }

  /** Replaces the role of a line that has one. */
  setRole(line: number, role: LineRole): void {
    this.#roles.set(line, role);
  }

  /** The converted histogram whose buckets share this text; `undefined` when it is new. */
  findGroup(text: string): HistogramGroup | undefined {
    return this.#groups.get(text);
  }

  addGroup(group: HistogramGroup): void {
    this.#groups.set(group.text, group);
  }

  /** Notes that the page at hand has this line, after the one noted before. */
  seeLine(line: number): void {
    this.#followers[this.#lastLine + 1] = line;
    this.#lineSeen[line] = this.#page;
    this.#lastLine = line;
  }

  /** The series of these key bytes, or -1. */
  findSeries(key: Uint8Array): number {
    return this.#series.indexOf(key, 0, key.length);
  }

  addSeries(key: Uint8Array): number {
    const series = this.#series.add(key, 0, key.length);
    this.#places.reserve(series + 1);
    this.#seriesSeen = withRoomFor(this.#seriesSeen, series);
    this.#seriesRow = withRoomFor(this.#seriesRow, series);
    this.#tracked = withRoomFor(this.#tracked, series);
    this.#trackable = withRoomFor(this.#trackable, series);
    return series;
  }

  /** A view of the keys of the series from `first` up to, not including, `end`; valid until the next `addSeries`. */
  keysOf(first: number, end: number): Uint8Array {
    return this.#series.bytesOf(first, end);
  }

  keyLengthOf(series: number): number {
    return this.#series.lengthOf(series);
  }

  isSeen(series: number): boolean {
    return this.#seriesSeen[series] === this.#page;
  }

  seeSeries(series: number, row: number, isTrackable: boolean): void {
    this.#seriesSeen[series] = this.#page;
    this.#seriesRow[series] = row;
    this.#trackable[series] = isTrackable ? 1 : 0;
  }

  /** The row of a series that the page at hand carries. */
  rowOf(series: number): number {
    return this.#seriesRow[series] ?? 0;
  }

  noteRow(row: number, series: number): void {
    this.#rowNumbers = withRoomFor(this.#rowNumbers, row);
    this.#rowNumbers[row] = series;
  }

  /** The numbers of the first `count` rows, each of which was noted; valid until a row is noted anew. */
  numberedRows(count: number): NumberedSeries {
    return { numbers: this.#rowNumbers.subarray(0, count), places: this.#places };
  }

  /** Whether the series is tracked, but not carried on by the page at hand: it gets a staleness marker. */
  isVanished(series: number): boolean {
    return this.#tracked[series] === 1 && !(this.isSeen(series) && this.#trackable[series] === 1);
  }

  /** The batch of the page at hand is stored: what it carried is tracked from now on. */
  commit(): void {
    for (let series = 0; series < this.#series.count; series++)
      this.#tracked[series] = this.isSeen(series) && this.#trackable[series] === 1 ? 1 : 0;
  }

  /** Forgets how lines become series, keeps what is tracked: after a change of relabelling. */
  forgetLines(): void {
    this.#lines = new ByteTable();
    this.#followers.fill(-1);
    this.#lastLine = -1;
    this.#hasRole.fill(0);
    this.#roles.clear();
    this.#groups.clear();
  }

  /** Whether more than half of what is held serves neither the page at hand nor staleness. */
  isWasteful(): boolean {
    let liveCount = 0;
    for (let line = 0; line < this.#lines.count; line++) if (this.#lineSeen[line] === this.#page) liveCount++;
    for (let series = 0; series < this.#series.count; series++)
      if (this.isSeen(series) || this.#tracked[series] === 1) liveCount++;
    return this.#lines.count + this.#series.count > 2 * liveCount + SPARE_ENTRIES_MAX;
  }

  /** A new cache with the lines of the page at hand, and the series that are on it or tracked. */
  async compacted(slicer: Slicer): Promise<TargetCache> {
    const smaller = new TargetCache();
    smaller.beginPage();
    const numbers = new Int32Array(this.#series.count).fill(DROPPED);
    for (let series = 0; series < this.#series.count; series++) {
      if ((series & 63) === 0 && slicer.shouldYield()) await slicer.yield();
      if (!this.isSeen(series) && this.#tracked[series] === 0) continue;
      const number = smaller.addSeries(this.#series.bytesOf(series));
      if (this.isSeen(series)) smaller.seeSeries(number, this.rowOf(series), this.#trackable[series] === 1);
      smaller.#tracked[number] = this.#tracked[series] ?? 0;
      numbers[series] = number;
    }
    for (let line = 0; line < this.#lines.count; line++) {
      if ((line & 63) === 0 && slicer.shouldYield()) await slicer.yield();
      if (this.#lineSeen[line] !== this.#page) continue;
      const target = this.seriesOfLine(line);
      const bytes = this.#lines.bytesOf(line);
      const role = this.roleOf(line);
      smaller.seeLine(
        smaller.addLine(bytes, 0, bytes.length, {
          series: target < 0 ? target : (numbers[target] ?? DROPPED),
          typeCode: this.#lineType[line] ?? 0,
          role: role && smaller.#adopted(role, numbers),
        }),
      );
    }
    return smaller;
  }

  /** A role as it reads here, from a cache where series had other numbers. */
  #adopted(role: LineRole, numbers: Int32Array): LineRole {
    const numberOf = (series: number): number => (series < 0 ? series : (numbers[series] ?? DROPPED));
    if (role.kind === 'created')
      return { kind: 'created', members: role.members.map(numberOf).filter((series) => series >= 0) };
    const { text, series } = role.group;
    const group = this.#groups.get(text) ?? { text, series: numberOf(series) };
    this.#groups.set(text, group);
    return { ...role, group };
  }
}

/** What a line of a page leads to. */
interface LineMeaning {
  /** Number of a series, `DROPPED`, or the code of a metadata line. */
  readonly series: number;
  /** The type that held for it (`codeOfType`), where that matters. */
  readonly typeCode?: number;
  readonly role?: LineRole | undefined;
}

/** What a line means beyond the sample of its own series. */
export type LineRole =
  /** Its value is the time (seconds) when these series began. */
  | { readonly kind: 'created'; readonly members: readonly number[] }
  /** It is a part of a classic histogram that becomes a native one. */
  | {
      readonly kind: 'part';
      readonly group: HistogramGroup;
      readonly part: 'bucket' | 'count' | 'sum';
      /** Upper bound of a bucket. */
      readonly bound: number;
    };

/** A classic histogram that becomes a native one. */
export interface HistogramGroup {
  /** Family and labels as the page has them, without the bound: what its lines have in common. */
  readonly text: string;
  /** Series of the native histogram, or `DROPPED`. */
  readonly series: number;
}

/** A line that relabelling drops. */
export const DROPPED = -1;

/** A line of metadata other than a type, or a comment. Type lines have codes below. */
export const METADATA = -2;

const TYPES: readonly MetricType[] = [
  'counter',
  'gauge',
  'histogram',
  'gaugehistogram',
  'summary',
  'info',
  'stateset',
  'unknown',
];

/** What a type line leads to. */
export function codeOfType(type: MetricType): number {
  return METADATA - 1 - TYPES.indexOf(type);
}

/** The type that a metadata line sets; `undefined` for other metadata. */
export function typeOfCode(code: number): MetricType | undefined {
  return TYPES[METADATA - 1 - code];
}

/** Lines and series that may be held in vain; below this a compaction saves nothing worth the work. */
const SPARE_ENTRIES_MAX = 2000;

function withRoomFor<T extends Int32Array | Uint32Array | Int8Array | Uint8Array>(
  column: T,
  index: number,
): T {
  if (index < column.length) return column;
  const Constructor = column.constructor as new (length: number) => T;
  const larger = new Constructor(column.length * 2);
  larger.set(column);
  return larger;
}
