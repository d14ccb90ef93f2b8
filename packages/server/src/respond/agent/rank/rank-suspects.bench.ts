/** `node packages/server/src/respond/agent/rank/rank-suspects.bench.ts`: 64 services with 200 metrics each, compared and ranked. */
import { SeededRandom } from '@vedette/model';
import { deviationOf } from './deviation.ts';
import { rankSuspects, type CallEdge, type RankNode, type SignalKind } from './rank-suspects.ts';

const SERVICES = 64;
const METRICS = 200;
const BEFORE = 180;
const NOW = 60;
const ROUNDS = 5;

const random = new SeededRandom(11);
const column = (length: number, level: number): Float64Array =>
  Float64Array.from({ length }, () => level + random.float());
const kindOf = (metric: number): SignalKind =>
  metric === 0 ? 'latency' : metric === 1 ? 'errors' : metric === 2 ? 'rate' : 'resource';
// The last service is slow, and so is everyone on the way to it.
const series = Array.from({ length: SERVICES }, (_, service) => ({
  name: `s${service}`,
  metrics: Array.from({ length: METRICS }, (__, metric) => ({
    kind: kindOf(metric),
    before: column(BEFORE, 10),
    now: column(NOW, metric === 0 && (service & (service - 1)) === 0 ? 20 : 10),
  })),
}));
const edges: CallEdge[] = Array.from({ length: SERVICES - 1 }, (_, i) => ({
  caller: `s${i >> 1}`,
  callee: `s${i + 1}`,
}));

const rounds: number[] = [];
let first = '';
for (let round = 0; round < ROUNDS; round++) {
  const startMs = performance.now();
  const nodes = series.map(({ name, metrics }): RankNode => ({
    name,
    signals: metrics.map(({ kind, before, now }, i) => ({
      kind,
      deviation: deviationOf(before, now),
      evidence: `${name} ${i}`,
    })),
  }));
  const { suspects } = rankSuspects({ subject: 's0', violated: 'latency', nodes, edges, stepMs: 60_000 });
  first = suspects.map(({ node }) => node).join(', ');
  rounds.push(performance.now() - startMs);
}
rounds.sort((a, b) => a - b);
console.log(
  `${SERVICES} services × ${METRICS} metrics × ${BEFORE} + ${NOW} points: ${rounds[ROUNDS >> 1]?.toFixed(0)} ms (median of ${ROUNDS}); ${first}`,
);
