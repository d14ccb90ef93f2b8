import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaOfFactor } from './histogram-rules.ts';

test('a factor asks for the finest schema whose buckets grow by at least that much', () => {
  const check = (factor: number, want: number): void =>
    assert.equal(schemaOfFactor(factor), want, String(factor));
  // The table of Prometheus' documentation.
  check(65_536, -4);
  check(256, -3);
  check(16, -2);
  check(4, -1);
  check(2, 0);
  check(1.4, 1);
  check(1.1, 2);
  check(1.09, 3);
  check(1.04, 4);
  check(1.02, 5);
  check(1.01, 6);
  check(1.005, 7);
  check(1.002, 8);
  check(1, 8);
  check(0, 8);
  check(1e300, -4);
});
