import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { z } from 'zod';
import {
  behaviourLimitsConfig,
  behaviourLimitsOf,
  dynamicThresholdsConfig,
  dynamicThresholdsOf,
  policiesOf,
  policyConfigs,
} from './config.ts';
import type { Policy } from './policy.ts';

function load(input: unknown): readonly Policy[] {
  return policiesOf(policyConfigs.parse(input), { mode: 'shadow' });
}

function faultsOf(schema: z.ZodType, input: unknown): string[] {
  const result = schema.safeParse(input);
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('without configuration the built-in policies stand in the mode that the caller gives', () => {
  const policies = load(undefined);
  assert.deepEqual(
    policies.map(({ name, windowMs, steps, mode }) => [
      name,
      windowMs,
      mode,
      ...steps.map(({ over, decide, grade, forMs }) => `${over} ${decide} ${grade} ${forMs / 60_000}m`),
    ]),
    [
      ['actions-per-minute', 60_000, 'shadow', '30 refuse temporary 5m', '60 refuse extended 60m'],
      [
        'actions-per-hour',
        3_600_000,
        'shadow',
        '300 refuse extended 60m',
        '600 refuse review_required 1440m',
      ],
      ['one-function-share', 3_600_000, 'shadow', '0.5 slow temporary 5m', '0.8 refuse extended 60m'],
      ['errors-per-minute', 60_000, 'shadow', '10 refuse temporary 30m', '20 refuse extended 30m'],
    ],
  );
  assert.deepEqual(
    policies.map(({ isDynamic }) => isDynamic),
    [true, true, false, false],
  );
  assert.deepEqual(policies[2]?.measure, { kind: 'share', minCount: 225 });
});

test('a built-in policy is changed key by key, or switched off, by its name', () => {
  const [minute, hour] = load([
    { name: 'actions-per-minute', mode: 'off' },
    { name: 'actions-per-hour', steps: [{ over: 100, for: '10m' }], mode: 'enforce', sources: ['http'] },
  ]);
  assert.equal(minute?.mode, 'off');
  assert.deepEqual(hour?.steps, [{ over: 100, decide: 'refuse', grade: 'temporary', forMs: 600_000 }]);
  assert.equal(hour?.windowMs, 3_600_000);
  assert.equal(hour?.mode, 'enforce');
});

test('a version follows what is judged, not how it is enforced', () => {
  const versionOf = (changes: object): string | undefined =>
    load([{ name: 'actions-per-minute', ...changes }])[0]?.version;
  const version = versionOf({});
  assert.match(version ?? '', /^[0-9a-f]{12}$/);
  assert.equal(versionOf({ mode: 'enforce', canary_percent: 5, when_unavailable: 'limit' }), version);
  assert.notEqual(versionOf({ window: '2m' }), version);
  assert.notEqual(versionOf({ steps: [{ over: 31, grade: 'temporary', for: '5m' }] }), version);
  assert.notEqual(versionOf({ dynamic: false }), version);
});

test('an own policy needs a window and steps; the rest has defaults', () => {
  const own = load([
    { name: 'logins', actions: ['login*'], scope: 'ip', window: '10m', steps: [{ over: 5, for: '1h' }] },
  ]).at(-1);
  assert.deepEqual(
    [own?.name, own?.scope, own?.measure.kind, own?.isDynamic, own?.canaryPercent, own?.whenUnavailable],
    ['logins', 'ip', 'actions', true, 10, 'open'],
  );
  assert.deepEqual(faultsOf(policyConfigs, [{ name: 'logins' }]), [
    '0.window: is missing: "logins" is no built-in policy (actions-per-minute, actions-per-hour, one-function-share, errors-per-minute)',
    '0.steps: is missing: "logins" is no built-in policy (actions-per-minute, actions-per-hour, one-function-share, errors-per-minute)',
  ]);
});

test('faults name the key and what it must be', () => {
  const check = (policy: object, want: RegExp): void => {
    const base = { name: 'x', window: '1m', steps: [{ over: 5, for: '1m' }] };
    const faults = faultsOf(policyConfigs, [{ ...base, ...policy }]);
    assert.equal(faults.length, 1, faults.join('; '));
    assert.match(faults[0] ?? '', want);
  };
  const steps = (...overs: number[]): object => ({ steps: overs.map((over) => ({ over, for: '1m' })) });
  check({ windw: '1m' }, /^0: .*windw/);
  check(steps(5, 5), /^0\.steps\.1\.over: must be greater than the step before; got 5 after 5$/);
  check(steps(0.5), /^0\.steps\.0\.over: must be a count of at least 1; got 0\.5$/);
  check({ measure: 'share', ...steps(1) }, /^0\.steps\.0\.over: must be a share between 0 and 1; got 1$/);
  check({ measure: 'share', dynamic: true, ...steps(0.5) }, /^0\.dynamic: must be false/);
  check({ min_count: 5 }, /^0\.min_count: is for shares; measure is actions$/);
  check({ name: 'Ä b' }, /^0\.name: must be 1 to 40/);
  check({ window: '9s' }, /^0\.window: must be whole seconds from 10s to 1d$/);
  check({ window: '10s500ms' }, /^0\.window: must be whole seconds/);
  check({ window: '25h' }, /^0\.window: must be whole seconds/);
  check({ steps: [] }, /^0\.steps: /);
  check({ steps: [{ over: 5, for: '1m', grade: 'permanent' }] }, /^0\.steps\.0\.grade: /);
  check({ steps: [{ over: 5 }] }, /^0\.steps\.0\.for: /);
  check({ steps: [{ over: 5, for: '0s' }] }, /^0\.steps\.0\.for: must be longer than 0/);
  check({ steps: [{ over: 5, for: '91d' }] }, /^0\.steps\.0\.for: .*at most 90d/);
  assert.deepEqual(
    faultsOf(policyConfigs, [{ name: 'one-function-share', measure: 'actions', min_count: 3 }]).length,
    3,
  );
  assert.deepEqual(faultsOf(policyConfigs, [{ name: 'actions-per-hour' }, { name: 'actions-per-hour' }]), [
    '1.name: there is another policy "actions-per-hour"',
  ]);
});

test('dynamic thresholds have the defaults of the design, and can be switched off', () => {
  assert.deepEqual(dynamicThresholdsOf(dynamicThresholdsConfig.parse(undefined)), {
    loadLow: 0.3,
    loadHigh: 0.8,
    factorMin: 0.7,
    factorMax: 1.3,
    hysteresis: 0.1,
    changePerMinute: 0.3,
    subjectsReference: undefined,
  });
  assert.equal(dynamicThresholdsOf(dynamicThresholdsConfig.parse({ enabled: false })), undefined);
  assert.deepEqual(faultsOf(dynamicThresholdsConfig, { load_low: 0.8, load_high: 0.8 }), [
    'load_high: must be greater than load_low',
  ]);
});

test('limits have defaults and floors', () => {
  assert.deepEqual(behaviourLimitsOf(behaviourLimitsConfig.parse({})), {
    subjectsMax: 1_000_000,
    journalBytesMax: 32 * 2 ** 20,
    suspectsBytesMax: 48 * 2 ** 20,
    userSeriesMax: 0,
    topSubjectsMax: 10,
  });
  assert.deepEqual(faultsOf(behaviourLimitsConfig, { journal_bytes: '1kB' }).length, 1);
});
