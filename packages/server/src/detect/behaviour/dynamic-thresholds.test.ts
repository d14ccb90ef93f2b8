import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  createProcessLoadReader,
  moveFactor,
  targetFactorOf,
  type DynamicThresholds,
  type FactorState,
} from './dynamic-thresholds.ts';

const OPTIONS: DynamicThresholds = {
  loadLow: 0.3,
  loadHigh: 0.8,
  factorMin: 0.7,
  factorMax: 1.3,
  hysteresis: 0.1,
  changePerMinute: 0.3,
  subjectsReference: 1000,
};

const load = fc.double({ min: 0, max: 1.5, noNaN: true });

test('below 0.3 of load the factor is 1.3, above 0.8 it is 0.7, halfway it is 1', () => {
  const check = (cpu: number, want: number): void =>
    assert.ok(Math.abs(targetFactorOf(OPTIONS, { cpu }, 0) - want) < 1e-9);
  check(0, 1.3);
  check(0.3, 1.3);
  check(0.55, 1);
  check(0.8, 0.7);
  check(9, 0.7);
});

test('the greatest known load counts, and without any the factor is 1', () => {
  assert.equal(targetFactorOf(OPTIONS, { cpu: 0.1, inFlight: 0.9, eventLoop: 0.2 }, 0), 0.7);
  assert.equal(targetFactorOf(OPTIONS, { cpu: Number.NaN, inFlight: 0.1 }, 0), 1.3);
  assert.equal(targetFactorOf(OPTIONS, {}, 0), 1);
  assert.equal(targetFactorOf(OPTIONS, { cpu: Infinity }, 0), 0.7);
});

test('more active subjects than the reference lower the factor in proportion', () => {
  assert.equal(targetFactorOf(OPTIONS, { cpu: 0 }, 1000), 1.3);
  assert.equal(targetFactorOf(OPTIONS, { cpu: 0 }, 1300), 1);
  assert.equal(targetFactorOf(OPTIONS, { cpu: 0 }, 1e9), 0.7);
  assert.equal(targetFactorOf({ ...OPTIONS, subjectsReference: undefined }, { cpu: 0 }, 1e9), 1.3);
});

test('the target never rises with load or subjects, and stays within its bounds', () => {
  fc.assert(
    fc.property(load, load, fc.nat(5000), fc.nat(5000), (a, b, m, n) => {
      const less = targetFactorOf(OPTIONS, { cpu: Math.min(a, b) }, Math.min(m, n));
      const more = targetFactorOf(OPTIONS, { cpu: Math.max(a, b) }, Math.max(m, n));
      assert.ok(more <= less && more >= 0.7 && less <= 1.3);
    }),
  );
});

test('the factor in force is bounded in value and in speed, and comes to a target that stays', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.7, max: 1.3, noNaN: true }), { maxLength: 50 }),
      fc.nat(20_000),
      (targets, gapMs) => {
        let state: FactorState = { factor: 1, isMoving: false, atMs: 0 };
        for (const target of [...targets, ...Array.from({ length: 300 }, () => 0.7)]) {
          const next = moveFactor(OPTIONS, state, target, state.atMs + gapMs);
          assert.ok(Math.abs(next.factor - state.factor) <= (0.3 * Math.min(gapMs, 10_000)) / 60_000 + 1e-12);
          assert.ok(next.factor >= 0.7 && next.factor <= 1.3);
          state = next;
        }
        if (gapMs >= 1000) assert.ok(Math.abs(state.factor - 0.7) <= 0.1);
      },
    ),
  );
});

test('a load that trembles around any level moves the factor at most once', () => {
  fc.assert(
    fc.property(
      load,
      fc.infiniteStream(fc.double({ min: -0.02, max: 0.02, noNaN: true })),
      (level, tremble) => {
        let state: FactorState = {
          factor: targetFactorOf(OPTIONS, { cpu: level }, 0),
          isMoving: false,
          atMs: 0,
        };
        const before = state.factor;
        for (let second = 1; second < 300; second++) {
          const { value } = tremble.next();
          const target = targetFactorOf(OPTIONS, { cpu: Math.max(0, level + (value ?? 0)) }, 0);
          state = moveFactor(OPTIONS, state, target, second * 1000);
        }
        assert.equal(state.factor, before);
      },
    ),
  );
});

test('a movement that set out goes all the way', () => {
  let state: FactorState = { factor: 1, isMoving: false, atMs: 0 };
  for (let second = 1; second <= 61; second++) state = moveFactor(OPTIONS, state, 0.7, second * 1000);
  assert.deepEqual(state, { factor: 0.7, isMoving: false, atMs: 61_000 });
});

test('a clock that jumps moves the factor by ten seconds at most, and back not at all', () => {
  const state = { factor: 1, isMoving: false, atMs: 1e9 };
  assert.ok(Math.abs(moveFactor(OPTIONS, state, 0.7, 9e9).factor - 0.95) < 1e-9);
  assert.equal(moveFactor(OPTIONS, state, 0.7, 0).factor, 1);
});

test('the load of the process is lag by a tenth of a second, and CPU by cores', () => {
  let atMs = 0;
  let cpuSeconds = 5;
  const reader = createProcessLoadReader({
    clock: { monotonicMs: () => atMs },
    lagSecondsP99: () => 0.025,
    cpuSeconds: () => cpuSeconds,
    cores: 2,
  });
  assert.deepEqual(reader.read(), { eventLoop: 0.25, cpu: 0 });
  atMs = 1000;
  cpuSeconds = 6;
  assert.deepEqual(reader.read(), { eventLoop: 0.25, cpu: 0.5 });
  atMs = 1100;
  cpuSeconds = 9;
  assert.deepEqual(reader.read(), { eventLoop: 0.25, cpu: 0.5 });
});
