/** A wall clock that is set by a day, under everything that runs at once. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { INTERVAL_MS, openWholeServer, type WholeServer } from './whole-server-fixture.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

const RULES = `groups:
  - name: levels
    rules:
      - record: level:max
        expr: max(level)
      - alert: Quick
        expr: level > 0
      - alert: Slow
        expr: level > 0
        for: 20m
`;

/** Set by `firstMs` after 10 minutes, back after 20; the level is above zero from minute 5 to minute 40. */
async function live(t: TestContext, firstMs: number): Promise<WholeServer> {
  const server = await openWholeServer(t, RULES);
  const { clock } = server;
  const levelOf = (level: number): void => {
    server.outside.page = `# TYPE level gauge\nlevel ${level}\n`;
  };
  levelOf(0);
  await clock.advance(5 * MINUTE_MS);
  levelOf(1);
  await clock.advance(5 * MINUTE_MS);
  clock.jumpWallClock(firstMs);
  await clock.advance(10 * MINUTE_MS);
  assert.deepEqual(await server.ask('level'), [1]);
  clock.jumpWallClock(-firstMs);
  await clock.advance(20 * MINUTE_MS);
  assert.deepEqual(await server.ask('level'), [1]);
  levelOf(0);
  await clock.advance(10 * MINUTE_MS);
  return server;
}

function checkPace(moments: readonly { readonly monotonicMs: number }[], minutes: number): void {
  const gaps = moments.map(({ monotonicMs }, i) => monotonicMs - (moments[i - 1]?.monotonicMs ?? 0)).slice(1);
  for (const gap of gaps) assert.ok(Math.abs(gap - INTERVAL_MS) <= 1, `${gap} ms between two scrapes`);
  assert.equal(moments.length, (minutes * MINUTE_MS) / INTERVAL_MS);
}

for (const [name, firstMs] of [
  ['ahead by a day and back', DAY_MS],
  ['back by a day and ahead', -DAY_MS],
] as const)
  test(`a clock that is set ${name}: scrapes, samples, rules and alerts go on as if it were not`, async (t) => {
    const server = await live(t, firstMs);
    checkPace(server.scrapes, 50);
    // Each scrape is stored, at the time that the clock showed.
    const times = (await server.stored('level')).map(([timestampMs]) => timestampMs);
    assert.deepEqual(
      times,
      server.scrapes.map(({ wallMs }) => Math.round(wallMs)).sort((a, b) => a - b),
    );
    const recorded = await server.stored('level:max');
    assert.ok(recorded.length >= 50 * 4 - 4, `${recorded.length} recorded`);
    const { notifications } = server;
    const told = notifications.map(({ alert, status }) => `${alert} ${status}`);
    // Each jump is longer than the repeat interval: what fires is told once more. It is the same alert.
    const repeated = ['Quick firing', 'Quick firing'];
    assert.deepEqual(told, ['Quick firing', ...repeated, 'Slow firing', 'Quick resolved', 'Slow resolved']);
    const starts = notifications.map(({ alert, startsAtMs }) => `${alert} ${startsAtMs}`);
    assert.equal(new Set(starts).size, 2);
    const minuteOf = (wanted: string): number =>
      (notifications[told.indexOf(wanted)]?.monotonicMs ?? NaN) / MINUTE_MS;
    assert.equal(Math.floor(minuteOf('Quick firing')), 5);
    assert.equal(Math.floor(minuteOf('Slow firing')), 25, 'after its 20 minutes');
    assert.equal(Math.floor(minuteOf('Quick resolved')), 40);
  });
