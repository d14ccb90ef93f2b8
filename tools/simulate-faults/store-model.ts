import assert from 'node:assert/strict';
import type { NativeHistogram } from '@vedette/model';
import { histogramOf, type TestSeries, type TestValue } from '../../packages/tsdb/src/testing.ts';

/**
 * What must be in a store, whatever its disk did: the memory of a simulation beside the store.
 *
 * Batch number n writes values that follow from n at a time that no other batch has, so that each sample that is
 * read tells its batch. A batch is *open* while it is on its way, *acknowledged*, *doubtful* when its sender was
 * refused or died first (it may be there after a restart, as a whole), or *lost* in a power loss, from where it
 * must not come back.
 */
export class StoreModel {
  readonly batches: Batch[] = [];
  readonly #byTime = new Map<number, Batch>();
  #acknowledgements = 0;
  /** Deletions that took effect: whoever reads while this grows cannot know what it sees. */
  deletionCount = 0;
  /** Acknowledged samples that were looked for, over all checks. */
  checkedCount = 0;

  /** At `timestampMs`, or just before when that time is taken. */
  create(series: readonly string[], timestampMs: number, kind: 'append' | 'import'): Batch {
    let atMs = timestampMs;
    while (this.#byTime.has(atMs)) atMs--;
    const batch: Batch = {
      number: this.batches.length,
      timestampMs: atMs,
      kind,
      series,
      state: 'open',
      order: Infinity,
      acknowledgedMs: Infinity,
      deleted: new Set(),
      maybeDeleted: new Set(),
    };
    this.batches.push(batch);
    this.#byTime.set(atMs, batch);
    return batch;
  }

  acknowledge(batch: Batch, nowMs: number): void {
    assert.notEqual(batch.state, 'lost');
    batch.state = 'acknowledged';
    batch.order = ++this.#acknowledgements;
    batch.acknowledgedMs = nowMs;
  }

  /** A deletion begins: from now on nobody knows. Returns what to call when the store says that it is done. */
  beginDelete(series: string): () => void {
    const known = this.batches.filter((batch) => batch.series.includes(series) && !batch.deleted.has(series));
    const certain = known.filter(({ state }) => state === 'acknowledged');
    for (const batch of known) batch.maybeDeleted.add(series);
    const before = this.batches.length;
    return () => {
      this.deletionCount++;
      // What was on its way meanwhile may have been hit.
      for (const batch of this.batches.slice(before))
        if (batch.series.includes(series)) batch.maybeDeleted.add(series);
      for (const batch of certain) {
        batch.maybeDeleted.delete(series);
        batch.deleted.add(series);
      }
    };
  }

  /** Samples that a reader must find who begins now. */
  expected(fromMs: number, untilMs: number): readonly Expected[] {
    return this.batches.filter(
      (batch) =>
        batch.state === 'acknowledged' && batch.timestampMs >= fromMs && batch.timestampMs <= untilMs,
    );
  }

  /** What a running store answered to a reader who began when `expected` was asked for. */
  checkAnswer(answer: Answer, expected: readonly Expected[], deletionsBefore: number): void {
    const isSettled = deletionsBefore === this.deletionCount;
    const found = this.#batchesOf(answer, isSettled);
    for (const [batch, names] of found) {
      assert.ok(
        batch.state === 'open' || batch.state === 'acknowledged',
        `batch ${batch.number} is ${batch.state} and visible`,
      );
      if (isSettled) this.#assertWhole(batch, names);
    }
    for (const batch of expected) {
      this.checkedCount += batch.series.length;
      const names = found.get(batch);
      for (const name of certainOf(batch))
        assert.ok(names?.has(name), `batch ${batch.number} of ${batch.timestampMs} misses ${name}`);
    }
  }

  /**
   * Everything that a store has after a restart, and settles what was in doubt. What of the acknowledged may be
   * missing: nothing after a kill; after a power loss what was acknowledged after `safeUntilMs`, and of a lying
   * disk (-Infinity) whatever comes last. Never one in the middle.
   */
  checkRestart(answer: Answer, safeUntilMs: number): { readonly lost: number } {
    const found = this.#batchesOf(answer, true);
    let firstMissing: Batch | undefined;
    let lost = 0;
    for (const batch of this.batches) {
      const names = found.get(batch);
      if (names !== undefined) this.#assertWhole(batch, names);
      if (batch.state === 'acknowledged') this.checkedCount += batch.series.length;
      if (names !== undefined) assert.notEqual(batch.state, 'lost', `batch ${batch.number} came back`);
      else if (batch.state === 'acknowledged' && certainOf(batch).length > 0) {
        assert.ok(
          safeUntilMs === -Infinity || batch.acknowledgedMs > safeUntilMs,
          `acknowledged batch ${batch.number} is lost; acknowledged at ${batch.acknowledgedMs}, safe until ${safeUntilMs}`,
        );
        if (batch.kind === 'append' && batch.order < (firstMissing?.order ?? Infinity)) firstMissing = batch;
        lost++;
      }
    }
    for (const batch of found.keys())
      if (firstMissing !== undefined && batch.kind === 'append' && batch.state === 'acknowledged')
        assert.ok(
          batch.order < firstMissing.order,
          `batch ${batch.number} is there, ${firstMissing.number} that was acknowledged before is not`,
        );
    for (const batch of this.batches) this.#settle(batch, found.get(batch));
    return { lost };
  }

  /** A disk that lies takes deletions back, too. */
  doubtDeletions(): void {
    for (const batch of this.batches) {
      for (const name of batch.deleted) batch.maybeDeleted.add(name);
      batch.deleted.clear();
    }
  }

  #settle(batch: Batch, names: ReadonlySet<string> | undefined): void {
    // What may be deleted says nothing of whether the batch is there.
    if (names !== undefined) {
      if (batch.state !== 'acknowledged') batch.order = ++this.#acknowledgements;
      batch.state = 'acknowledged';
      batch.acknowledgedMs = -Infinity;
    } else if (batch.state !== 'acknowledged' || certainOf(batch).length > 0) batch.state = 'lost';
    for (const name of batch.maybeDeleted) if (names?.has(name) !== true) batch.deleted.add(name);
    batch.maybeDeleted.clear();
  }

  /** Of each batch the series that were found, each with the value it must have. */
  #batchesOf(answer: Answer, isSettled: boolean): Map<Batch, Set<string>> {
    const found = new Map<Batch, Set<string>>();
    for (const [name, samples] of answer)
      for (const [timestampMs, value] of samples) {
        const batch = this.#byTime.get(timestampMs);
        assert.ok(batch !== undefined, `nobody wrote ${name} at ${timestampMs}`);
        assert.ok(batch.series.includes(name), `batch ${batch.number} has no ${name}`);
        if (isSettled && batch.deleted.has(name)) assert.fail(`${name} of batch ${batch.number} was deleted`);
        const want = valueOf(name, batch.number);
        // The comparison of objects costs ten times as much as all the rest.
        if (value !== want) assert.deepEqual(value, want);
        const names = found.get(batch) ?? new Set();
        assert.ok(!names.has(name), `${name} of batch ${batch.number} is there twice`);
        found.set(batch, names.add(name));
      }
    return found;
  }

  #assertWhole(batch: Batch, names: ReadonlySet<string>): void {
    const certain = certainOf(batch);
    const count = certain.filter((name) => names.has(name)).length;
    assert.ok(count === 0 || count === certain.length, `batch ${batch.number} is there in part`);
  }
}

export interface Batch {
  readonly number: number;
  readonly timestampMs: number;
  readonly kind: 'append' | 'import';
  readonly series: readonly string[];
  state: 'open' | 'acknowledged' | 'doubtful' | 'lost';
  /** Among the acknowledged. */
  order: number;
  acknowledgedMs: number;
  readonly deleted: Set<string>;
  /** A deletion was asked for whose end nobody knows. */
  readonly maybeDeleted: Set<string>;
}

type Expected = Batch;
export type Answer = ReadonlyMap<string, readonly (readonly [number, TestValue])[]>;

const certainOf = (batch: Batch): string[] =>
  batch.series.filter((name) => !batch.deleted.has(name) && !batch.maybeDeleted.has(name));

/** Floats, histograms and staleness markers, in series of one kind and of both. */
export function valueOf(name: string, number: number): TestValue {
  if (number % 11 === 5) return 'stale';
  const isHistogram = name.endsWith('_0') || (name.endsWith('_1') && number % 3 !== 0);
  return isHistogram ? histogramFor(number) : number;
}

function histogramFor(number: number): NativeHistogram {
  return histogramOf([number], { sum: number / 7, schema: number % 10 === 0 ? 1 : 3 });
}

export function seriesOf(batch: Batch): readonly TestSeries[] {
  return batch.series.map((name): TestSeries => [
    { __name__: name },
    [batch.timestampMs, valueOf(name, batch.number)],
  ]);
}
