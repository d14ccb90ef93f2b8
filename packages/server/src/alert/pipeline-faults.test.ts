/** What the simulation (`npm run simulate-alerts`) has found, each as the shortest way to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher, VirtualClock } from '@vedette/model';
import { SILENT_LOG } from '../telemetry/log.ts';
import { ALERT_PIPELINE_LIMITS } from './pipeline-limits.ts';
import { AlertBook } from './alert-book.ts';
import type { AlertMetrics } from './alert-metrics.ts';
import { PipelineWorld } from './pipeline-fixture.ts';
import { setupOf } from './setup-fixture.ts';

const MINUTE_S = 60;
const HOUR_MS = 3_600_000;

const check = (sentence: string, run: (world: PipelineWorld) => Promise<void>): void => {
  test(sentence, async () => {
    const world = new PipelineWorld(
      (self) => setupOf([self.receiver('ops')], { groupBy: new Set(), groupIntervalMs: 60_000 }),
      { startMs: HOUR_MS * 24 },
    );
    try {
      await world.pipeline.start();
      await run(world);
    } finally {
      await world.close();
    }
  });
};

/** Without the times. */
const told = (world: PipelineWorld): string[] => world.take().map((line) => line.replace(/^\S+ /, ''));

async function silence(world: PipelineWorld, alertname: string): Promise<void> {
  const startsAtMs = world.clock.nowMs();
  const matchers = [createMatcher('alertname', '=', alertname)];
  const endsAtMs = startsAtMs + HOUR_MS;
  await world.pipeline.silences.set({ matchers, startsAtMs, endsAtMs, createdBy: 'a', comment: 'b' });
}

check('an alert that was told, then muted while others were told, is told to have ended', async (world) => {
  await world.post('alertname=A');
  await world.advanceSeconds(MINUTE_S);
  await silence(world, 'A');
  await world.post('alertname=B');
  await world.advanceSeconds(MINUTE_S);
  assert.deepEqual(told(world), ['ops A', 'ops B']);
  await world.post('-alertname=A');
  await world.advanceSeconds(MINUTE_S);
  assert.deepEqual(told(world), ['ops -A,B']);
  await world.post('-alertname=A', '-alertname=B');
  await world.advanceSeconds(MINUTE_S);
  assert.deepEqual(told(world), ['ops -B'], 'and only once');
});

check('the end of a muted alert is told also when nothing else fires any more', async (world) => {
  await world.post('alertname=A');
  await world.advanceSeconds(MINUTE_S);
  await silence(world, 'A');
  await world.post('alertname=B');
  await world.advanceSeconds(MINUTE_S);
  await world.post('-alertname=B');
  await world.advanceSeconds(MINUTE_S);
  assert.deepEqual(told(world), ['ops A', 'ops B', 'ops -B']);
  await world.post('-alertname=A');
  await world.advanceSeconds(MINUTE_S);
  assert.deepEqual(told(world), ['ops -A']);
});

check('a clock that is set back does not bring back what was over', async (world) => {
  await world.post('alertname=A', 'alertname=B');
  await world.advanceSeconds(MINUTE_S);
  await world.post('-alertname=A');
  await world.advanceSeconds(MINUTE_S);
  assert.deepEqual(told(world), ['ops A,B', 'ops -A,B']);
  // Its rule repeats the end for 15 minutes.
  await world.post('-alertname=A');
  world.clock.jumpWallClock(-HOUR_MS);
  await world.post('alertname=C');
  await world.advanceSeconds(MINUTE_S);
  assert.deepEqual(told(world), ['ops -A,B,C']);
  await world.post('-alertname=A');
  await world.post('alertname=D');
  await world.advanceSeconds(MINUTE_S);
  assert.deepEqual(told(world), ['ops -A,B,C,D'], 'also when the end is said again');
});

check('a reload after the clock was set back keeps to the interval', async (world) => {
  const setup = setupOf([world.receiver('ops')], { groupBy: new Set(), groupIntervalMs: 60_000 });
  await world.post('alertname=A');
  await world.advanceSeconds(MINUTE_S);
  world.clock.jumpWallClock(-HOUR_MS);
  await world.pipeline.apply(setup);
  await world.post('-alertname=A');
  await world.advanceSeconds(MINUTE_S);
  assert.deepEqual(told(world), ['ops A', 'ops -A']);
});

check('an end that could not be saved is saved when there is room again', async (world) => {
  await world.post('alertname=A');
  const { documents } = world.state;
  const write = documents.write.bind(documents);
  Object.assign(documents, { write: () => Promise.reject(new Error('the disk is full')) });
  await assert.rejects(world.post('-alertname=A'));
  await world.advanceSeconds(MINUTE_S);
  Object.assign(documents, { write });
  const isOver = async (): Promise<boolean[]> =>
    (await documents.list('alerts')).map(({ value }) => (value as { endsAt?: object }).endsAt !== undefined);
  assert.deepEqual(await isOver(), [false]);
  await world.advanceSeconds(MINUTE_S);
  assert.deepEqual(await isOver(), [true]);
});

test('what was let go of while the disk was full is removed from it later, unless it is back', () => {
  const clock = new VirtualClock({ startMs: 0 });
  const metrics = { received: () => undefined } as unknown as AlertMetrics;
  const book = new AlertBook({ clock, log: SILENT_LOG, metrics }, ALERT_PIPELINE_LIMITS);
  const alert = (fingerprint: string) => ({
    fingerprint,
    labels: [] as never,
    annotations: [] as never,
    startsAt: { ms: 0, text: '' },
    endsAt: { ms: 0, text: '' },
    isEndAssumed: false,
    updatedAt: { ms: 0, text: '' },
    generatorUrl: '',
  });
  book.put([alert('a'), alert('b')]);
  clock.jumpWallClock(HOUR_MS);
  assert.equal(book.collect(() => false).length, 2);
  const keys = (): string[] => book.deletes().writes.map(({ key }) => key);
  assert.deepEqual(
    [keys(), keys()],
    [
      ['a', 'b'],
      ['a', 'b'],
    ],
    'until they are written',
  );
  book.put([alert('a')]);
  assert.deepEqual(keys(), ['b']);
  book.deletes().written();
  assert.deepEqual(keys(), []);
});
