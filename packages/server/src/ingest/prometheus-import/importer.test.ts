import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, labelsOf, VirtualClock, type SeriesSamples, type TimeRange } from '@vedette/model';
import { createFiles } from './block-fixture.ts';
import { ImportState } from './import-state.ts';
import { runImport, spansOf, type ImportOptions, type ImportReport, type ImportTarget } from './importer.ts';
import { SpanTooLargeError, type ImportSource } from './source.ts';

const NEVER = new AbortController().signal;
const LABELS = labelsOf({ __name__: 'x' });
const KEY = { source: '/data', selectors: [] };

/** One sample a second, from 0 to 99. */
class FakeSource implements ImportSource {
  readonly name = '/data';
  readonly range = { fromMs: 0, untilMs: 99_000 };
  readonly skipped: string[] = [];
  readonly reads: TimeRange[] = [];
  /** Called before each read; may throw. */
  onRead: (range: TimeRange) => void = () => undefined;
  parts: readonly string[] = ['A'];

  async *read(range: TimeRange): AsyncGenerator<readonly SeriesSamples[]> {
    await Promise.resolve();
    this.onRead(range);
    this.reads.push(range);
    const timestampsMs: number[] = [];
    for (let i = 0; i < 100; i++)
      if (i * 1000 >= range.fromMs && i * 1000 <= range.untilMs) timestampsMs.push(i * 1000);
    if (timestampsMs.length === 0) return;
    yield [
      {
        labels: LABELS,
        timestampsMs: Float64Array.from(timestampsMs),
        values: Float64Array.from(timestampsMs),
        staleFlags: undefined,
        histograms: undefined,
      },
    ];
  }

  partsOf(): readonly string[] {
    return this.parts;
  }

  mayHold({ fromMs }: TimeRange): boolean {
    return fromMs <= 99_000;
  }

  skipDamaged(error: unknown): Promise<boolean> {
    if (!(error instanceof InputError)) return Promise.resolve(false);
    this.skipped.push(error.message);
    this.onRead = () => undefined;
    return Promise.resolve(true);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Keeps times; refuses those below `oldestMs`, and loses every `lossy`-th when asked to. */
class FakeTarget implements ImportTarget {
  readonly spanMsMax = 20_000;
  readonly stored = new Set<number>();
  oldestMs = 0;
  lossy = Infinity;

  async importBlock(
    series: AsyncIterable<readonly SeriesSamples[]>,
  ): ReturnType<ImportTarget['importBlock']> {
    let [sampleCount, tooOld] = [0, 0];
    for await (const batch of series)
      for (const { timestampsMs } of batch)
        for (const timestampMs of timestampsMs) {
          if (timestampMs < this.oldestMs) tooOld++;
          else if (++sampleCount % this.lossy !== 0) this.stored.add(timestampMs);
        }
    return {
      sampleCount,
      refusals: tooOld === 0 ? [] : [{ reason: 'too-old', count: tooOld, example: 'x' }],
    };
  }

  countSamples({ fromMs, untilMs }: TimeRange): Promise<number> {
    return Promise.resolve(
      [...this.stored].filter((timestampMs) => timestampMs >= fromMs && timestampMs <= untilMs).length,
    );
  }
}

interface Run {
  readonly source?: FakeSource;
  readonly target?: FakeTarget;
  readonly state?: ImportState;
  readonly options?: Partial<ImportOptions>;
  readonly finished?: string[];
}

function run({
  source = new FakeSource(),
  target,
  state,
  options,
  finished = [],
}: Run): Promise<ImportReport> {
  const progress = {
    reading: () => undefined,
    finished: (_span: unknown, { done, total }: { done: number; total: number }) =>
      void finished.push(`${done} of ${total}`),
  };
  const deps = { clock: new VirtualClock({ startMs: 0 }), source, target, state, progress };
  return runImport(deps, { range: source.range, isSkippingDamaged: false, ...options }, NEVER);
}

const openState = (files = createFiles()): Promise<ImportState> => ImportState.open(files, '/imports', KEY);

test('spans are cut at whole multiples of their length, wherever the range begins', () => {
  assert.deepEqual(spansOf({ fromMs: 15, untilMs: 35 }, 10), [
    { fromMs: 15, untilMs: 19 },
    { fromMs: 20, untilMs: 29 },
    { fromMs: 30, untilMs: 35 },
  ]);
  assert.deepEqual(spansOf({ fromMs: 10, untilMs: 10 }, 10), [{ fromMs: 10, untilMs: 10 }]);
  assert.deepEqual(spansOf({ fromMs: -5, untilMs: 4 }, 10.5), [
    { fromMs: -5, untilMs: -1 },
    { fromMs: 0, untilMs: 4 },
  ]);
});

test('every sample is read once, stored and counted; progress tells spans done of all', async () => {
  const [target, finished] = [new FakeTarget(), [] as string[]];
  const { spans } = await run({ target, finished });
  assert.deepEqual(finished, ['1 of 5', '2 of 5', '3 of 5', '4 of 5', '5 of 5']);
  assert.equal(target.stored.size, 100);
  assert.ok(
    spans.every(
      ({ sampleCount, storedCount, repeatedCount, faults }) =>
        sampleCount === 20 && storedCount === 20 && repeatedCount === 0 && faults.length === 0,
    ),
  );
});

test('without a store everything is read and counted', async () => {
  const { spans } = await run({});
  assert.deepEqual(
    spans.map(({ sampleCount, storedCount }) => [sampleCount, storedCount]),
    [[100, 0]],
  );
});

test('a run that is stopped goes on behind the last finished span', async () => {
  const [files, target] = [createFiles(), new FakeTarget()];
  const source = new FakeSource();
  source.onRead = ({ fromMs }) => {
    if (fromMs >= 40_000) throw new Error('killed');
  };
  await assert.rejects(run({ source, target, state: await openState(files) }), /killed/);
  assert.equal(target.stored.size, 40);
  const again = new FakeSource();
  const { spans, spansBefore } = await run({ source: again, target, state: await openState(files) });
  assert.deepEqual([spansBefore, spans.length, again.reads[0]?.fromMs], [2, 3, 40_000]);
  assert.equal(target.stored.size, 100);
});

test('a later run takes what lies behind the end of an earlier one, within the same span too', async () => {
  const [files, target] = [createFiles(), new FakeTarget()];
  await run({ target, state: await openState(files), options: { range: { fromMs: 0, untilMs: 30_000 } } });
  const source = new FakeSource();
  await run({ source, target, state: await openState(files) });
  assert.deepEqual(source.reads[0], { fromMs: 30_001, untilMs: 39_999 });
  assert.equal(target.stored.size, 100);
});

test('a span is taken again when the source has new parts in it, and repeats are counted', async () => {
  const [files, target] = [createFiles(), new FakeTarget()];
  await run({ target, state: await openState(files) });
  const source = new FakeSource();
  source.parts = ['A', 'B'];
  const { spans } = await run({ source, target, state: await openState(files) });
  assert.equal(spans.length, 5);
  assert.ok(spans.every(({ repeatedCount, faults }) => repeatedCount === 20 && faults.length === 0));
  assert.equal(target.stored.size, 100);
});

test('a span that is too much to hold is halved until it is not', async () => {
  const [source, target] = [new FakeSource(), new FakeTarget()];
  Object.assign(target, { spanMsMax: 86_400_000 });
  Object.assign(source, { range: { fromMs: 0, untilMs: 200_000 }, mayHold: () => true });
  source.onRead = ({ fromMs, untilMs }) => {
    if (untilMs - fromMs > 60_000) throw new SpanTooLargeError('too much');
  };
  await run({ source, target });
  assert.equal(target.stored.size, 100);
  source.onRead = () => {
    throw new SpanTooLargeError('too much');
  };
  await assert.rejects(run({ source, target }), /too much/);
});

test('damage ends the run, or is left out where that is wanted', async () => {
  const damaged = (): FakeSource => {
    const source = new FakeSource();
    source.onRead = ({ fromMs }) => {
      if (fromMs >= 20_000) throw new InputError('VED_IMPORT_INVALID', 'damaged');
    };
    return source;
  };
  await assert.rejects(run({ source: damaged(), target: new FakeTarget() }), /damaged/);
  const [source, target] = [damaged(), new FakeTarget()];
  await run({ source, target, options: { isSkippingDamaged: true } });
  assert.deepEqual([source.skipped, target.stored.size], [['damaged'], 100]);
});

test('what is refused is told, and what does not come back is a fault', async () => {
  const target = new FakeTarget();
  target.oldestMs = 30_000;
  const { spans } = await run({ target });
  assert.deepEqual(
    spans
      .slice(0, 2)
      .map(({ storedCount, refusals, faults }) => [storedCount, refusals[0]?.count, faults.length]),
    [
      [0, 20, 0],
      [10, 10, 0],
    ],
  );
  const lossy = new FakeTarget();
  lossy.lossy = 7;
  const faults = (await run({ target: lossy })).spans.flatMap((span) => span.faults);
  assert.match(faults[0] ?? '', /20 samples were stored, but 18 more come back/);
});

test('a state that is none of ours is refused, with what to do', async () => {
  const files = createFiles();
  await run({ target: new FakeTarget(), state: await openState(files) });
  const [entry] = await files.list('/imports');
  await files.writeAtomic(`/imports/${entry?.name}`, new TextEncoder().encode('{"version":2}'));
  await assert.rejects(openState(files), /is not the state of one; remove it to begin anew/);
  // Another selection has a state of its own.
  await ImportState.open(files, '/imports', { ...KEY, selectors: ['up'] });
});
