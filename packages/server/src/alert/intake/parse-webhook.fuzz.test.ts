import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError, SeededRandom } from '@vedette/model';
import { fingerprintOf } from '../fingerprint.ts';
import { alertBody, NOW_MS, parsed, webhookBody } from './webhook-fixture.ts';

const ROUNDS = 3000;
const SEED = Number(process.env['VEDETTE_SEED'] ?? 5);

/** What takes the place of any value. */
const ODDITIES: readonly unknown[] = [
  null,
  true,
  -1,
  1e308,
  '',
  'x'.repeat(300),
  '\ud800',
  '0001-01-01T00:00:00Z',
  '9999-12-31T23:59:59.999999999Z',
  [],
  {},
  [[[]]],
  { a: { b: [] } },
];

const BODIES: readonly unknown[] = [
  webhookBody([alertBody(), alertBody({ status: 'resolved', endsAt: '2026-11-21T09:30:00Z' })]),
  webhookBody([alertBody({ values: { B: 1 }, silenceURL: 'http://g' })], { orgId: 1, version: '1' }),
  { ruleId: 1, ruleName: 'r', state: 'alerting', tags: { a: 'b' }, evalMatches: [{ metric: 'm', value: 1 }] },
  [{ labels: { alertname: 'A' }, startsAt: '2026-11-21T09:00:00Z', endsAt: '2026-11-21T11:00:00Z' }],
];

/** A copy in which one value somewhere is another, is gone, or is there under another name. */
function mutated(value: unknown, random: SeededRandom): unknown {
  if (typeof value !== 'object' || value === null || random.float() < 0.2)
    return ODDITIES[Math.floor(random.float() * ODDITIES.length)];
  const entries = Object.entries(value);
  const at = Math.floor(random.float() * entries.length);
  const changed = entries.flatMap(([key, field], i): [string, unknown][] => {
    if (i !== at) return [[key, field]];
    const roll = random.float();
    if (roll < 0.15) return [];
    if (roll < 0.25) return [[`${key}\u0000`, field]];
    return [[key, mutated(field, random)]];
  });
  return Array.isArray(value) ? changed.map(([, field]) => field) : Object.fromEntries(changed);
}

test('whatever the body is, it is refused by name or gives alerts that the pipeline can hold', async () => {
  const random = new SeededRandom(SEED);
  let takenCount = 0;
  for (let round = 0; round < ROUNDS; round++) {
    let body = BODIES[round % BODIES.length];
    for (let n = Math.floor(random.float() * 3); n >= 0; n--) body = mutated(body, random);
    let text = JSON.stringify(body) ?? '';
    if (random.float() < 0.1) text = text.slice(0, Math.floor(random.float() * text.length));
    const say = `seed ${SEED}, round ${round}: ${text.slice(0, 500)}`;
    try {
      for (const { labels, annotations, startsAt, endsAt, status } of (await parsed(text)).alerts) {
        assert.ok(labels.length > 0, say);
        assert.match(fingerprintOf(labels), /^[0-9a-f]{16}$/, say);
        assert.ok(
          [...labels, ...annotations].every((part) => part !== '' && part.isWellFormed()),
          say,
        );
        assert.ok(Number.isFinite(startsAt.ms), say);
        if (status === 'resolved') assert.ok(endsAt !== undefined && endsAt.ms <= NOW_MS, say);
      }
      takenCount++;
    } catch (error) {
      assert.ok(error instanceof InputError, `${say}\n${String(error)}`);
      assert.match(error.message, /^cannot take the alerts: /, say);
    }
  }
  assert.ok(takenCount > ROUNDS / 10 && takenCount < ROUNDS, `${takenCount} bodies were taken`);
});
