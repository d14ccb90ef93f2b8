import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMachine, zoneNameOf } from './machine.ts';

test('zones are named by their offset', () => {
  const check = (offsetMinutes: number, want: string): void => assert.equal(zoneNameOf(offsetMinutes), want);
  check(0, 'UTC');
  check(60, '+01');
  check(330, '+0530');
  check(-180, '-03');
  check(-570, '-0930');
  check(840, '+14');
});

test('this machine says what it is', () => {
  const machine = createMachine();
  assert.equal(machine.platform, process.platform);
  assert.ok(machine.cpuTimes().length > 0);
  assert.equal(machine.loadAverages().length, 3);
  const { total, free } = machine.memoryBytes();
  assert.ok(total > free && free > 0);
  const { name, offsetSeconds } = machine.timeZoneAt(0);
  assert.equal(name, zoneNameOf(offsetSeconds / 60));
});
