import { createHash } from 'node:crypto';
import { formatLabels, SeededRandom, VirtualClock, type MetricsReader } from '@vedette/model';
import { openTsdb, type Tsdb } from '@vedette/tsdb';
import { DiskFiles } from '../../packages/server/src/lib/disk-files.ts';

/** What is stored of one series: its ends for people to look at, and a digest of everything. */
export interface StoredSeries {
  readonly count: number;
  readonly first: Point | undefined;
  readonly last: Point | undefined;
  readonly sha256: string;
}

/** A time and a value; `-0`, `NaN`, `stale` and histograms are told apart. */
type Point = readonly [timestampMs: number, value: string];

export interface StoredContent {
  readonly samples: Readonly<Record<string, StoredSeries>>;
  readonly exemplars: Readonly<Record<string, StoredSeries>>;
}

const EVER = { fromMs: -8e15, untilMs: 8e15 };

/** Everything that queries would find, by series. */
export async function readContent(reader: MetricsReader): Promise<StoredContent> {
  const { signal } = new AbortController();
  const samples: Record<string, StoredSeries> = {};
  for await (const batch of reader.select([], EVER, signal))
    for (const { labels, timestampsMs, values, staleFlags, histograms } of batch)
      samples[formatLabels(labels)] = storedOf(
        Array.from(timestampsMs, (timestampMs, i) => {
          const histogram = histograms?.get(i);
          if (staleFlags?.[i] === 1) return [timestampMs, 'stale'];
          return [timestampMs, histogram === undefined ? textOf(values[i] ?? NaN) : jsonOf(histogram)];
        }),
      );
  const exemplars: Record<string, StoredSeries> = {};
  for (const found of await reader.exemplars([[]], EVER, signal))
    exemplars[formatLabels(found.labels)] = storedOf(
      found.exemplars.map(({ labels, value, timestampMs }) => [
        timestampMs,
        `${formatLabels(labels)} ${textOf(value)}`,
      ]),
    );
  return { samples, exemplars };
}

function storedOf(points: readonly Point[]): StoredSeries {
  const sha256 = createHash('sha256').update(JSON.stringify(points)).digest('hex');
  return { count: points.length, first: points[0], last: points.at(-1), sha256 };
}

function textOf(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) => (inner instanceof Float64Array ? [...inner] : inner));
}

/** Opens a store of the fixtures' time on the real disk; warnings are kept. */
export async function openStoredTsdb(
  directory: string,
  nowMs: number,
): Promise<{ tsdb: Tsdb; clock: VirtualClock; warnings: string[] }> {
  const clock = new VirtualClock({ startMs: nowMs });
  const warnings: string[] = [];
  const tsdb = await openTsdb(
    {
      files: new DiskFiles(),
      clock,
      random: new SeededRandom(1),
      slicer: { shouldYield: () => false, yield: () => clock.yield() },
      report: { info: () => undefined, warn: (message) => void warnings.push(message) },
    },
    {
      directory,
      retentionMs: 30 * 86_400_000,
      outOfOrderWindowMs: 3_600_000,
      seriesMax: 10_000,
      headBytesMax: 2 ** 24,
      cacheBytesMax: 2 ** 20,
      exemplarsMax: 1000,
    },
  );
  return { tsdb, clock, warnings };
}
