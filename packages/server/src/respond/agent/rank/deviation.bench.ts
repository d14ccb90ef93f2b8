/** `node packages/server/src/respond/agent/rank/deviation.bench.ts`: 10,000 series of 140 points before and 60 now. */
import { SeededRandom } from '@vedette/model';
import { deviationOf } from './deviation.ts';

const SERIES = 10_000;
const BEFORE = 140;
const NOW = 60;
const ROUNDS = 7;

const random = new SeededRandom(7);
const series = Array.from({ length: SERIES }, () => ({
  before: Float64Array.from({ length: BEFORE }, () => 100 + 10 * random.float()),
  now: Float64Array.from({ length: NOW }, () => 104 + 10 * random.float()),
}));
const rounds: number[] = [];
let sum = 0;
for (let round = 0; round < ROUNDS; round++) {
  const startMs = performance.now();
  for (const { before, now } of series) sum += deviationOf(before, now).score;
  rounds.push(performance.now() - startMs);
}
rounds.sort((a, b) => a - b);
console.log(
  `${SERIES} series × ${BEFORE} + ${NOW} points: ${rounds[ROUNDS >> 1]?.toFixed(1)} ms (median of ${ROUNDS}), mean score ${(sum / SERIES / ROUNDS).toFixed(2)}`,
);
