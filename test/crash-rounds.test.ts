import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCrashRounds } from './support/crash/run-rounds.ts';

const ROUNDS = 25;
/** They take 60 s on a quiet machine of two cores; a test ends at 300 s, and what was begun has to end before. */
const MS_MAX = 100_000;
const SEED = Number(process.env['VEDETTE_FUZZ_SEED'] ?? 20_261);

test(`up to ${ROUNDS} kills under load lose, double and make up nothing (seed ${SEED})`, async (t) => {
  const { faults, rounds, samplesChecked } = await runCrashRounds(t, {
    rounds: ROUNDS,
    seed: SEED,
    msMax: MS_MAX,
    onRound: () => undefined,
  });
  assert.deepEqual(faults, []);
  t.diagnostic(`${rounds} rounds, ${samplesChecked} samples checked`);
  assert.ok(samplesChecked > 0);
});
