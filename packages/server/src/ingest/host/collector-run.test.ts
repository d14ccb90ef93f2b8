import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { SILENT_LOG, type Log } from '../../telemetry/log.ts';
import { createFixture, createFixtureFiles } from './collector-fixture.ts';
import { BACKGROUND_MS, withDeadline } from './collector-run.ts';
import { NoDataError, type Collect, type CollectorDefinition, type HostFamily } from './collector.ts';

/** A collector whose next run can be chosen. */
function setUp(pace: 'tick' | 'background'): {
  fixture: ReturnType<typeof createFixture>;
  state: { collect: (family: HostFamily) => ReturnType<Collect>; runs: number };
  words: string[];
} {
  const state = { collect: (family: HostFamily): ReturnType<Collect> => family.add(1, 'a'), runs: 0 };
  const definition: CollectorDefinition = {
    name: 'example',
    pace,
    create: ({ families }) => {
      const family = families('gauge', 'g', 'h', ['x']);
      return () => {
        state.runs++;
        return state.collect(family);
      };
    },
  };
  const words: string[] = [];
  const say = (message: string): void => void words.push(message);
  const log: Log = { ...SILENT_LOG, warn: say, info: say };
  return { fixture: createFixture(definition, createFixtureFiles({}), { log }), state, words };
}

const A = 'g{x="a"}';

test('a run that fails half way leaves nothing of itself and nothing of the run before', async () => {
  const { fixture, state } = setUp('tick');
  assert.deepEqual(await fixture.collect(), { [A]: 1 });
  assert.equal(fixture.run.outcome?.isSuccess, true);
  state.collect = (family) => {
    family.add(2, 'a');
    throw new Error('file is broken');
  };
  assert.deepEqual(await fixture.collect(), {});
  assert.equal(fixture.run.outcome?.isSuccess, false);
});

test('a fault is told once, and its end, too; a machine without the thing is no fault', async () => {
  const { fixture, state, words } = setUp('tick');
  const works = state.collect;
  state.collect = () => {
    throw new Error('file is broken');
  };
  await fixture.collect();
  await fixture.collect();
  assert.deepEqual(words, ['collector failed; its series end until it works again']);
  state.collect = works;
  await fixture.collect();
  await fixture.collect();
  assert.deepEqual(words.slice(1), ['collector works again']);
  state.collect = () => {
    throw new NoDataError('disk');
  };
  await fixture.collect();
  assert.equal(words.length, 2);
});

test('values that are no numbers are left out and told', async () => {
  const { fixture, state, words } = setUp('tick');
  state.collect = (family) => {
    family.add(Number.NaN, 'a');
    family.add(3, 'b');
  };
  assert.deepEqual(await fixture.collect(), { 'g{x="b"}': 3 });
  assert.deepEqual(words, ['collector left out values that are no numbers']);
});

test('a background collector runs every 16 s and shows its last rows between', async () => {
  const { fixture, state } = setUp('background');
  let value = 0;
  state.collect = (family) => Promise.resolve().then(() => family.add(++value, 'a'));
  assert.deepEqual(await fixture.collect(), { [A]: 1 });
  await fixture.clock.advance(BACKGROUND_MS - 1);
  assert.deepEqual(await fixture.collect(), { [A]: 1 });
  await fixture.clock.advance(1);
  assert.deepEqual(await fixture.collect(), { [A]: 2 });
  assert.equal(state.runs, 2);
});

test('a background run that hangs is never started a second time, and its rows stay hidden', async () => {
  const { fixture, state } = setUp('background');
  state.collect = async (family) => {
    family.add(1, 'a');
    await new Promise(() => undefined);
  };
  void fixture.run.runIfDue();
  await fixture.clock.advance(BACKGROUND_MS * 3);
  assert.equal(fixture.run.runIfDue(), undefined);
  assert.equal(state.runs, 1);
  assert.equal(fixture.run.rows.count, 0);
  assert.equal(fixture.run.outcome, undefined);
});

test('a background run that rejects loses its rows', async () => {
  const { fixture, state } = setUp('background');
  state.collect = () => Promise.reject(new Error('no'));
  assert.deepEqual(await fixture.collect(), {});
  assert.equal(fixture.run.outcome?.isSuccess, false);
});

test('a deadline gives undefined and leaves no timer behind', async () => {
  const clock = new VirtualClock({ startMs: 0 });
  assert.equal(await withDeadline(clock, 100, Promise.resolve(7)), 7);
  const late = withDeadline(clock, 100, new Promise(() => undefined));
  await clock.advance(100);
  assert.equal(await late, undefined);
  await assert.rejects(withDeadline(clock, 100, Promise.reject(new Error('no'))), /no/);
  assert.equal(clock.pendingTimerCount, 0);
});
