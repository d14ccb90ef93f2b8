import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCrashRounds } from './support/crash/run-rounds.ts';

const ROUNDS = 25;
const SEED = Number(process.env['VEDETTE_FUZZ_SEED'] ?? 20_261);

test(`${ROUNDS} kills under load lose, double and make up nothing (seed ${SEED})`, async (t) => {
  const { faults, samplesChecked } = await runCrashRounds(t, {
    rounds: ROUNDS,
    seed: SEED,
    onRound: () => undefined,
  });
  assert.deepEqual(faults, []);
  assert.ok(samplesChecked > 10_000, `${samplesChecked} samples`);
});
