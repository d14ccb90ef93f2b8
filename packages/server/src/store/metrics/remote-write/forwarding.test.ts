import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, UnavailableError, VirtualClock, type AppendResult } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { createForwarding } from './forwarding.ts';
import { batchOf, configOf, decodeV1, depsOf, metricOf, startFakeRemote, T } from './remote-write-fixture.ts';

const ALL_TAKEN: AppendResult = {
  acceptedCount: 1,
  acceptedHistogramCount: 0,
  acceptedExemplarCount: 0,
  createdSeriesCount: 0,
  refusals: [],
};

function openForwarding(t: { after(task: () => Promise<void>): void }) {
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  };
  const clock = new VirtualClock({ startMs: T, settle });
  const registry = createMetricsRegistry();
  let answer: () => Promise<AppendResult> = () => Promise.resolve(ALL_TAKEN);
  const forwarding = createForwarding(depsOf({ clock, registry, warnings: [] }), {
    userAgent: 'Vedette/test',
    directory: '/nowhere',
  });
  /** Lets time pass in small steps while `work` is under way. */
  const during = async <R>(work: Promise<R>): Promise<R> => {
    let isDone = false;
    const ended = work.finally(() => (isDone = true));
    while (!isDone) await clock.advance(10);
    return await ended;
  };
  t.after(() => during(forwarding.stop()));
  const writer = forwarding.inFrontOf({ append: () => answer() });
  return {
    clock,
    registry,
    forwarding,
    writer,
    during,
    answerWith: (next: typeof answer) => (answer = next),
  };
}

const SITE = labelsOf({ site: 'a' });

test('the store comes first: what it rejects is not sent, and its answer is the answer', async (t) => {
  const remote = await startFakeRemote(t);
  const { forwarding, writer, during, answerWith, registry } = openForwarding(t);
  await forwarding.apply([configOf({ url: remote.url })], SITE);
  answerWith(() => Promise.reject(new UnavailableError('VED_STORAGE_FULL', 'full')));
  await assert.rejects(writer.append(batchOf(T, ['a', 1])), { code: 'VED_STORAGE_FULL' });
  answerWith(() => Promise.resolve(ALL_TAKEN));
  assert.equal(await writer.append(batchOf(T, ['b', 1])), ALL_TAKEN);
  await during(forwarding.stop());
  assert.deepEqual(
    remote.requests.flatMap(decodeV1).map(({ labels }) => labels),
    [['__name__', 'b', 'site', 'a']],
  );
  assert.equal(metricOf(registry, 'samples_total'), 1);
});

test('every remote of the list gets everything', async (t) => {
  const remotes = [await startFakeRemote(t), await startFakeRemote(t)];
  const { forwarding, writer, during } = openForwarding(t);
  await forwarding.apply(
    remotes.map(({ url }, i) => configOf({ url, name: `r${i}` })),
    SITE,
  );
  await writer.append(batchOf(T, ['a', 1]));
  await during(forwarding.stop());
  assert.deepEqual(
    remotes.map(({ requests }) => requests.length),
    [1, 1],
  );
});

test('a reload keeps the queue of a remote whose settings stayed, and empties that of one that is gone', async (t) => {
  const [stays, goes] = [await startFakeRemote(t), await startFakeRemote(t)];
  const { forwarding, writer, during } = openForwarding(t);
  const kept = configOf({ url: stays.url, name: 'stays' });
  await forwarding.apply([kept, configOf({ url: goes.url, name: 'goes' })], SITE);
  await writer.append(batchOf(T, ['a', 1]));
  await during(forwarding.apply([configOf({ url: stays.url, name: 'stays' })], SITE));
  assert.deepEqual(
    forwarding.stats().map(({ name, pendingSamples }) => [name, pendingSamples]),
    [['stays', 1]],
  );
  assert.deepEqual([stays.requests.length, goes.requests.length], [0, 1]);
  await writer.append(batchOf(T + 1, ['a', 2]));
  await during(forwarding.stop());
  assert.deepEqual([stays.requests.length, goes.requests.length], [1, 1]);
});

test('changed settings or labels hand over in order: the old queue first, then what came meanwhile', async (t) => {
  const remote = await startFakeRemote(t);
  const { forwarding, writer, during } = openForwarding(t);
  await forwarding.apply([configOf({ url: remote.url })], SITE);
  await writer.append(batchOf(T, ['a', 1]));
  const applied = forwarding.apply([configOf({ url: remote.url })], labelsOf({ site: 'b' }));
  await writer.append(batchOf(T + 1, ['a', 2]));
  await during(applied);
  await during(forwarding.stop());
  assert.deepEqual(
    remote.requests.flatMap(decodeV1).map(({ labels, samples }) => [labels[3], samples[0]?.[0]]),
    [
      ['a', T],
      ['b', T + 1],
    ],
  );
});

test('without remotes the writer is the store', async (t) => {
  const { forwarding, writer } = openForwarding(t);
  await forwarding.apply([], SITE);
  assert.equal(await writer.append(batchOf(T, ['a', 1])), ALL_TAKEN);
  assert.deepEqual(forwarding.stats(), []);
});
