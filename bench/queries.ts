/**
 * The queries of `query-list.ts` over HTTP, all programs on the same samples, caches of results off.
 *
 * 1. All are fed (`feed.ts`) and left alone until they rest.
 * 2. *Cold*: each is restarted three times on its data; every query is asked once after each start, in another
 *    order each time, the three in turns. The median of three. The kernel's page cache stays warm.
 * 3. *Warm*: every query in turns, up to 31 rounds or two and a half seconds, five at least; median and p99.
 * 4. *CPU*: user and system time of the server per question of the warm rounds. Busy neighbours change it less than
 *    what the clock says.
 * 5. Before the warm rounds the answers are compared: a difference is printed beside the figure.
 */
import { SeededRandom } from '@vedette/model';
import { differenceOf } from './answers.ts';
import { startFedPeers } from './feed.ts';
import { geometricMean, median, quantile, ratioOf, timed, type Figure, type PeerFigure } from './measure.ts';
import type { Peer, PeerGroup } from './peers.ts';
import { BENCH_QUERIES, type BenchQuery } from './query-list.ts';
import { readProcessUse } from './server-process.ts';

const COLD_ROUNDS = 3;
const WARM_ROUNDS_MAX = 31;
const WARM_ROUNDS_MIN = 5;
const WARM_MS_MAX = 2500;
/** Questions end here before the newest sample, off the minute on which a subquery's own points lie. */
const BEFORE_END_S = 7;
/** One tick of /proc: less cannot be told from nothing. */
const CPU_SECONDS_MIN = 0.01;

/** Milliseconds of each query by the program's name. */
type Times = ReadonlyMap<string, number[]>;

export async function measureQueries(): Promise<Figure[]> {
  const { peers, dataset, sampleCount } = await startFedPeers();
  await using _ = peers;
  console.log(
    `  ${(sampleCount / 1e6).toFixed(1)} M samples, ${dataset.series.length} series, ${dataset.native.length} with native histograms`,
  );
  const ask = (peer: Peer, query: BenchQuery) => askOne(peer, query, dataset.endMs);
  const cold = await measureCold(peers, ask);
  const faults = await compareAnswers(peers, ask);
  const warm = await measureWarm(peers, ask);
  const figures = (times: ReadonlyMap<BenchQuery, Times>): Figure[] =>
    BENCH_QUERIES.map((query) => figureOf({ query, peers, times: times.get(query), faults }));
  const [warmFigures, coldFigures] = [figures(warm.times), figures(cold.times)];
  const cpuFigures = figures(warm.cpu);
  return [
    ...warmFigures,
    ...summaryOf('warm', warmFigures, peers),
    ...coldFigures.map((figure) => ({ ...figure, name: `cold: ${figure.name}` })),
    ...summaryOf('cold', coldFigures, peers),
    ...cpuFigures.map((figure) => ({ ...figure, name: `CPU: ${figure.name}` })),
    ...summaryOf('CPU', cpuFigures, peers),
    restartFigure(peers, cold.restarts),
  ];
}

type Ask = (peer: Peer, query: BenchQuery) => Promise<Buffer>;

async function askOne(peer: Peer, { expr, range }: BenchQuery, endMs: number): Promise<Buffer> {
  const end = endMs / 1000 - BEFORE_END_S;
  const { status, body } =
    range === undefined
      ? await peer.ask('query', { query: expr, time: String(end) })
      : await peer.ask('query_range', {
          query: expr,
          start: String(end - range.seconds),
          end: String(end),
          step: String(range.step),
        });
  if (status !== 200)
    throw new Error(`${peer.name} answered ${expr} with ${status}: ${body.toString().slice(0, 300)}`);
  return body;
}

function canAnswer(peer: Peer, query: BenchQuery): boolean {
  return peer.hasNativeHistograms || query.isNative !== true;
}

async function measureCold(
  { all }: PeerGroup,
  ask: Ask,
): Promise<{ times: Map<BenchQuery, Times>; restarts: Times }> {
  const random = new SeededRandom(11);
  const restarts = new Map(all.map(({ name }) => [name, [] as number[]]));
  const times = emptyTimes(all);
  for (let round = 0; round < COLD_ROUNDS; round++) {
    for (const peer of all) restarts.get(peer.name)?.push(await peer.restart());
    for (const query of shuffled(BENCH_QUERIES, random)) await askInTurns({ query, all, times, ask });
  }
  return { times, restarts };
}

async function measureWarm(
  { all }: PeerGroup,
  ask: Ask,
): Promise<{ times: Map<BenchQuery, Times>; cpu: Map<BenchQuery, Times> }> {
  const [times, cpu] = [emptyTimes(all), emptyTimes(all)];
  for (const query of BENCH_QUERIES) {
    const able = all.filter((peer) => canAnswer(peer, query));
    const before = able.map(({ pid }) => readProcessUse(pid).cpuSeconds);
    const untilMs = performance.now() + WARM_MS_MAX;
    let rounds = 0;
    while (rounds < WARM_ROUNDS_MIN || (rounds < WARM_ROUNDS_MAX && performance.now() < untilMs)) {
      await askInTurns({ query, all, times, ask });
      rounds++;
    }
    for (const [i, { name, pid }] of able.entries()) {
      const seconds = readProcessUse(pid).cpuSeconds - (before[i] ?? 0);
      cpu
        .get(query)
        ?.get(name)
        ?.push((Math.max(seconds, CPU_SECONDS_MIN) * 1000) / rounds);
    }
  }
  return { times, cpu };
}

function emptyTimes(all: readonly Peer[]): Map<BenchQuery, Times> {
  return new Map(BENCH_QUERIES.map((query) => [query, new Map(all.map(({ name }) => [name, []]))]));
}

async function askInTurns(turn: {
  readonly query: BenchQuery;
  readonly all: readonly Peer[];
  readonly times: ReadonlyMap<BenchQuery, Times>;
  readonly ask: Ask;
}): Promise<void> {
  const { query, all, times, ask } = turn;
  for (const peer of all)
    if (canAnswer(peer, query)) {
      const ms = await timed(() => ask(peer, query));
      times.get(query)?.get(peer.name)?.push(ms);
    }
}

/** By query and program: what of its answer differs from ours. */
type Faults = ReadonlyMap<BenchQuery, ReadonlyMap<string, string>>;

async function compareAnswers({ ours, others }: PeerGroup, ask: Ask): Promise<Faults> {
  const faults = new Map<BenchQuery, Map<string, string>>();
  for (const query of BENCH_QUERIES) {
    const own = new Map<string, string>();
    const answer = await ask(ours, query);
    for (const peer of others) {
      if (!canAnswer(peer, query)) continue;
      const isSeriesOnly = peer.kind === 'victoria-metrics' && query.victoriaMetrics === 'series';
      const compared = isSeriesOnly || query.isNative === true ? 'series' : 'values';
      const difference = differenceOf(answer, await ask(peer, query), compared);
      if (difference !== undefined) own.set(peer.name, difference);
    }
    faults.set(query, own);
  }
  return faults;
}

function figureOf(row: {
  readonly query: BenchQuery;
  readonly peers: PeerGroup;
  readonly times: Times | undefined;
  readonly faults: Faults;
}): Figure {
  const { query, peers, times, faults } = row;
  const ours = times?.get(peers.ours.name) ?? [];
  const own = faults.get(query) ?? new Map<string, string>();
  const fault = [...own].map(([name, difference]) => `${name} differs: ${difference}`).join('; ');
  return {
    name: query.name,
    ...spreadOf(ours),
    unit: 'ms',
    peers: peers.others.map((peer): PeerFigure => {
      const theirs = times?.get(peer.name) ?? [];
      return theirs.length === 0
        ? { name: peer.name, note: 'cannot' }
        : { name: peer.name, ...spreadOf(theirs) };
    }),
    ...(fault === '' ? {} : { fault }),
  };
}

function spreadOf(ms: readonly number[]): { value: number; p99?: number } {
  return ms.length > COLD_ROUNDS ? { value: median(ms), p99: quantile(ms, 0.99) } : { value: median(ms) };
}

/** What DESIGN asks for, and against whom. */
const GOALS = {
  prometheus: { text: '≥ 5, none below 1', mean: 5, slowest: 1 },
  'victoria-metrics': { text: '≥ 1', mean: 1, slowest: 0 },
  vedette: undefined,
} as const;

function summaryOf(
  kind: 'warm' | 'cold' | 'CPU',
  figures: readonly Figure[],
  { others }: PeerGroup,
): Figure[] {
  return others.flatMap((peer) => {
    const rows = figures.flatMap((figure) => {
      const theirs = figure.peers?.find(({ name }) => name === peer.name);
      return theirs?.value === undefined ? [] : [{ name: figure.name, ratio: ratioOf(figure, theirs) }];
    });
    const ratios = rows.map(({ ratio }) => ratio);
    const mean = geometricMean(ratios);
    const slowest = rows.toSorted((a, b) => a.ratio - b.ratio)[0] ?? { name: '', ratio: NaN };
    const goal = kind === 'CPU' ? undefined : GOALS[peer.kind];
    return [
      {
        name: `${kind}: geometric mean against ${peer.name}`,
        value: mean,
        unit: '× faster',
        ...(goal === undefined
          ? {}
          : { goal: goal.text, isReached: mean >= goal.mean && slowest.ratio >= goal.slowest }),
      },
      { name: `${kind}: slowest against ${peer.name} (${slowest.name})`, value: slowest.ratio, unit: '×' },
    ];
  });
}

function restartFigure({ ours, others }: PeerGroup, restarts: Times): Figure {
  const seconds = (name: string): number => median(restarts.get(name) ?? []) / 1000;
  return {
    name: 'ready after a restart on this data',
    value: seconds(ours.name),
    unit: 's',
    peers: others.map(({ name }) => ({ name, value: seconds(name) })),
  };
}

function shuffled<T>(values: readonly T[], random: SeededRandom): T[] {
  return values
    .map((value) => ({ value, key: random.float() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ value }) => value);
}
