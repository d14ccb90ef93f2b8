import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { defaultGuardSettings, guardShape } from './config.ts';

const schema = z.strictObject(guardShape);

function faultsOf(value: object): string[] {
  return (
    schema.safeParse(value).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? []
  );
}

test('nothing is enforced, and subjects are pseudonyms, unless somebody says so', () => {
  const { mode, ids, escalation, blast_radius: radius } = defaultGuardSettings();
  assert.deepEqual([mode, ids, radius.floor, escalation.half_life], ['shadow', 'pseudonym', 20, 86_400_000]);
});

test('values that cannot be are refused where they stand', () => {
  const check = (value: object, want: RegExp): void => {
    const faults = faultsOf(value);
    assert.equal(faults.length, 1, faults.join('; '));
    assert.match(faults[0] ?? '', want);
  };
  check({ mode: 'off' }, /^mode: /);
  check({ allow: ['10.0.0.0/33'] }, /^allow\.0: must be a network/);
  check({ escalation: { half_life: '0s' } }, /^escalation\.half_life: must be longer than 0/);
  check({ escalation: { ladder: [{ strikes: 1, grade: 'extended', for: '1h' }] } }, /strikes/);
  check({ escalation: { ladder: [{ strikes: 2, grade: 'permanent', for: '1h' }] } }, /grade/);
  check({ escalation: { ladder: [{ strikes: 2, grade: 'extended', for: '91d' }] } }, /at most 90d/);
  check({ blast_radius: { floor: 0 } }, /^blast_radius\.floor/);
  check({ appeals: { key: 'short' } }, /at least 32 characters/);
  check({ unknown: 1 }, /unknown/);
  const rung = { grade: 'extended', for: '1h' };
  check(
    {
      escalation: {
        ladder: [
          { strikes: 3, ...rung },
          { strikes: 3, ...rung },
        ],
      },
    },
    /growing strikes/,
  );
});

test('ids with slashes are ids, addresses with slashes are networks', () => {
  assert.deepEqual(faultsOf({ allow: ['team/alice', '10.0.0.0/8', '::1', '2001:db8::/32'] }), []);
});
