import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CanceledError,
  createMatcher,
  InputError,
  isValidAt,
  labelsOf,
  formatLabels,
  type Labels,
  type QueryResult,
} from '@vedette/model';
import type { PromQuery } from './port.ts';

/** A sample for the adapter under test to hold. */
export interface ContractSample {
  readonly labels: Labels;
  readonly timestampMs: number;
  readonly value: number;
}

/** What an adapter gives the suite: a fresh instance that holds the samples, and how to let it go. */
export interface PromQueryFixture {
  readonly query: PromQuery;
  close(): Promise<void>;
}

/** Where the engine behind an adapter is older than the behaviour that the port describes. */
export interface PromQueryContractOptions {
  /** Prometheus before 3.0 counts a sample on the left border of a range as inside. */
  readonly isLeftBorderInside?: boolean;
  /** Why the whole suite cannot run here. */
  readonly skip?: string | false;
}

/** Runs every promise of the port `PromQuery` against one adapter. */
export function testPromQueryContract(
  adapter: string,
  open: (samples: readonly ContractSample[]) => Promise<PromQueryFixture>,
  { isLeftBorderInside = false, skip = false }: PromQueryContractOptions = {},
): void {
  const check = (name: string, body: (query: PromQuery) => Promise<void>): void => {
    test(`${adapter}: ${name}`, { skip }, async () => {
      const fixture = await open(contractSamples());
      try {
        await body(fixture.query);
      } finally {
        await fixture.close();
      }
    });
  };
  checkInstant(check);
  checkRangeVector(check, isLeftBorderInside);
  checkRange(check);
  checkErrors(check);
  checkLabels(check);
}

type Check = (name: string, body: (query: PromQuery) => Promise<void>) => void;

const START_MS = 1_700_000_000_000;
const NEVER = new AbortController().signal;

/** Two counters that grow by 1 and 2 a second, every 15 s for 10 minutes. */
function contractSamples(): ContractSample[] {
  const samples: ContractSample[] = [];
  for (const [instance, perSecond] of [
    ['a', 1],
    ['b', 2],
  ] as const)
    for (let i = 0; i <= 40; i++)
      samples.push({
        labels: labelsOf({ __name__: 'requests_total', instance, job: 'api' }),
        timestampMs: START_MS + i * 15_000,
        value: i * 15 * perSecond,
      });
  return samples;
}

function describe(result: QueryResult): string[] {
  if (result.kind !== 'series') return [result.kind];
  return result.series.map(({ labels, values, validity }) => {
    // Twelve digits: engines may differ in the last bits.
    const points = [...values].map((value, step) =>
      isValidAt(validity, step) ? String(Number(value.toPrecision(12))) : '_',
    );
    return `${formatLabels(labels)} ${points.join(' ')}`;
  });
}

function checkInstant(check: Check): void {
  check('an instant query gives the newest value of each series, sorted by labels', async (query) => {
    const result = await query.instant({ expr: 'requests_total', atMs: START_MS + 32_000 }, NEVER);
    assert.deepEqual(describe(result), [
      'requests_total{instance="a", job="api"} 30',
      'requests_total{instance="b", job="api"} 60',
    ]);
    assert.deepEqual(result.grid, { startMs: START_MS + 32_000, stepMs: 0, count: 1 });
  });
  check('the order that sort asks for is kept', async (query) => {
    const result = await query.instant({ expr: 'sort_desc(requests_total)', atMs: START_MS + 30_000 }, NEVER);
    assert.deepEqual(result.kind === 'series' && result.series.map((series) => series.values[0]), [60, 30]);
  });
  check('a scalar and a string are answered as such', async (query) => {
    const scalar = await query.instant({ expr: '1 + 1', atMs: 0 }, NEVER);
    assert.deepEqual(scalar.kind === 'scalar' && [...scalar.values], [2]);
    const text = await query.instant({ expr: '"x"', atMs: 0 }, NEVER);
    assert.equal(text.kind === 'string' && text.value, 'x');
  });
}

function checkRangeVector(check: Check, isLeftBorderInside: boolean): void {
  const name = isLeftBorderInside ? 'has its left border inside' : 'leaves out the left border';
  check(`a range vector ${name}`, async (query) => {
    const result = await query.instant(
      { expr: 'requests_total{instance="a"}[30s]', atMs: START_MS + 30_000 },
      NEVER,
    );
    assert.equal(result.kind, 'samples');
    const [series] = result.kind === 'samples' ? result.series : [];
    const seconds = isLeftBorderInside ? [0, 15, 30] : [15, 30];
    assert.deepEqual(
      [...(series?.timestampsMs ?? [])],
      seconds.map((second) => START_MS + second * 1000),
    );
    assert.deepEqual([...(series?.values ?? [])], seconds);
  });
}

function checkRange(check: Check): void {
  check('a range query has a column per series and a hole where there is no value', async (query) => {
    const result = await query.range(
      { expr: 'requests_total', startMs: START_MS - 60_000, endMs: START_MS + 65_000, stepMs: 60_000 },
      NEVER,
    );
    assert.deepEqual(describe(result), [
      'requests_total{instance="a", job="api"} _ 0 60',
      'requests_total{instance="b", job="api"} _ 0 120',
    ]);
    assert.deepEqual(result.grid, { startMs: START_MS - 60_000, stepMs: 60_000, count: 3 });
  });
  check('sum by (job) (rate()) extrapolates as Prometheus does', async (query) => {
    const startMs = START_MS + 300_000;
    const result = await query.range(
      { expr: 'sum by (job) (rate(requests_total[1m]))', startMs, endMs: startMs + 60_000, stepMs: 30_000 },
      NEVER,
    );
    assert.deepEqual(describe(result), ['{job="api"} 3 3 3']);
  });
}

function checkErrors(check: Check): void {
  check('a parse error says where and what', async (query) => {
    await assert.rejects(query.instant({ expr: 'sum(', atMs: 0 }, NEVER), (error: unknown) => {
      assert.ok(error instanceof InputError);
      assert.match(error.message, /1:5: parse error: /);
      return true;
    });
  });
  check('11,000 points are allowed and one more is refused', async (query) => {
    const upTo = (count: number): Promise<QueryResult> =>
      query.range({ expr: '1', startMs: 0, endMs: (count - 1) * 1000, stepMs: 1000 }, NEVER);
    assert.equal((await upTo(11_000)).grid.count, 11_000);
    await assert.rejects(upTo(11_001), InputError);
  });
  check('a range that ends before it starts, and a step of nothing, are refused', async (query) => {
    await assert.rejects(query.range({ expr: '1', startMs: 1, endMs: 0, stepMs: 1 }, NEVER), InputError);
    await assert.rejects(query.range({ expr: '1', startMs: 0, endMs: 1, stepMs: 0 }, NEVER), InputError);
  });
  check('a query whose caller is gone is not answered', async (query) => {
    await assert.rejects(
      query.instant({ expr: 'requests_total', atMs: START_MS }, AbortSignal.abort()),
      CanceledError,
    );
  });
}

function checkLabels(check: Check): void {
  const range = { fromMs: START_MS, untilMs: START_MS + 600_000 };
  check('series and labels are found by matchers and time', async (query) => {
    const matcherSets = [[createMatcher('instance', '=', 'b')]];
    const series = await query.series({ matcherSets, range }, NEVER);
    assert.deepEqual(series.items.map(formatLabels), ['requests_total{instance="b", job="api"}']);
    const names = await query.labelNames({ matcherSets: [], range }, NEVER);
    assert.deepEqual(names.items, ['__name__', 'instance', 'job']);
    const before = { fromMs: 0, untilMs: START_MS - 1 };
    assert.deepEqual((await query.series({ matcherSets: [], range: before }, NEVER)).items, []);
  });
  check('a limit cuts and says so', async (query) => {
    const values = await query.labelValues('instance', { matcherSets: [], range, limit: 1 }, NEVER);
    assert.deepEqual(values, { items: ['a'], isTruncated: true });
    const all = await query.labelValues('instance', { matcherSets: [], range, limit: 2 }, NEVER);
    assert.deepEqual(all, { items: ['a', 'b'], isTruncated: false });
  });
}
