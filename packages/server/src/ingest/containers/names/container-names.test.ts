import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { SILENT_LOG, type Log } from '../../../telemetry/log.ts';
import type { CgroupIdentity } from '../cgroup-identity.ts';
import { createFixtureFiles, KUBE, KUBELET } from '../containers-fixture.ts';
import { findIdentity } from '../cgroup-identity.ts';
import { ContainerNames, ENGINE_DEADLINE_MS, ENGINE_REST_MS_MIN, NAMES_FRESH_MS } from './container-names.ts';
import type { Engine, EngineAnswer } from './engine-socket.ts';
import type { ContainerFacts } from './facts.ts';
import { PodNames } from './pod-names.ts';

const factsOf = (name: string): ContainerFacts => ({
  name,
  image: 'i',
  pod: '',
  namespace: '',
  container: '',
  labels: {},
});

const identityOf = (containerId: string): CgroupIdentity => ({
  kind: 'engine',
  containerId,
  name: containerId,
  podUid: '',
});

const A = identityOf('a');
const B = identityOf('b');

/** Names with one engine whose answers can be chosen. */
function setUp(engineCount = 1) {
  const clock = new VirtualClock({ startMs: 0 });
  const state = {
    answer: (ids: readonly string[], _signal: AbortSignal): Promise<EngineAnswer> =>
      Promise.resolve(new Map(ids.map((id) => [id, factsOf(`name of ${id}`)]))),
    asked: [] as string[],
  };
  const engine = (i: number): Engine => ({
    socketPath: `/${i}`,
    describe: (ids, signal) => {
      state.asked.push(`${i}: ${ids.join(' ')}`);
      return state.answer(ids, signal);
    },
  });
  const words: string[] = [];
  const say = (message: string): void => void words.push(message);
  const log: Log = { ...SILENT_LOG, warn: say, info: say };
  const names = new ContainerNames({
    clock,
    log,
    engines: Array.from({ length: engineCount }, (_, i) => engine(i)),
    pods: new PodNames(createFixtureFiles(KUBELET)),
    failures: createMetricsRegistry().counter({ name: 'f_total', help: 'f' }),
  });
  return { clock, state, names, words };
}

test('a container is asked about once, and again when its name may have changed', async () => {
  const { clock, state, names } = setUp();
  await names.refresh([A]);
  const first = names.find(A);
  assert.equal(first?.name, 'name of a');
  await names.refresh([A, B]);
  assert.deepEqual(state.asked, ['0: a', '0: b']);
  await clock.advance(NAMES_FRESH_MS);
  await names.refresh([A]);
  assert.equal(state.asked[2], '0: a');
  assert.equal(names.find(A), first, 'the same facts are the same object');
  state.answer = () => Promise.resolve(new Map([['a', factsOf('renamed')]]));
  await clock.advance(NAMES_FRESH_MS);
  await names.refresh([A]);
  assert.equal(names.find(A)?.name, 'renamed');
});

test('a container that is gone is forgotten', async () => {
  const { names, state } = setUp();
  await names.refresh([A]);
  await names.refresh([]);
  assert.equal(names.find(A), undefined);
  await names.refresh([A]);
  assert.equal(state.asked.length, 2);
});

test('what the engine does not know is asked again after ten seconds, then like the others', async () => {
  const { clock, state, names } = setUp();
  state.answer = () => Promise.resolve(new Map());
  await names.refresh([A]);
  await clock.advance(9999);
  await names.refresh([A]);
  assert.equal(state.asked.length, 1);
  await clock.advance(1);
  await names.refresh([A]);
  assert.equal(state.asked.length, 2);
  await clock.advance(NAMES_FRESH_MS - 1);
  await names.refresh([A]);
  assert.equal(state.asked.length, 2);
});

test('the second engine is asked for what the first does not know', async () => {
  const { state, names } = setUp(2);
  state.answer = (ids) => Promise.resolve(new Map(ids.includes('a') ? [['a', factsOf('x')]] : []));
  await names.refresh([A, B]);
  assert.deepEqual(state.asked, ['0: a b', '1: b']);
});

test('an engine that fails rests ever longer; its fault and its end are told once each', async () => {
  const { clock, state, names, words } = setUp();
  const works = state.answer;
  state.answer = () => Promise.reject(new Error('broken'));
  await names.refresh([A]);
  const refreshFor = async (ms: number): Promise<number> => {
    const before = state.asked.length;
    for (let passedMs = 0; passedMs < ms; passedMs += 5000) {
      await clock.advance(5000);
      await names.refresh([A]);
    }
    return state.asked.length - before;
  };
  assert.equal(await refreshFor(ENGINE_REST_MS_MIN), 1);
  assert.equal(await refreshFor(ENGINE_REST_MS_MIN), 0);
  assert.equal(await refreshFor(ENGINE_REST_MS_MIN), 1);
  assert.deepEqual(words, ['cannot ask the container engine for names; containers keep their ids']);
  state.answer = works;
  await refreshFor(4 * ENGINE_REST_MS_MIN + 10_000);
  assert.equal(names.find(A)?.name, 'name of a');
  assert.deepEqual(words.slice(1), ['the container engine answers again']);
});

test('what was known stays while the engine fails', async () => {
  const { clock, state, names } = setUp();
  await names.refresh([A]);
  state.answer = () => Promise.reject(new Error('broken'));
  await clock.advance(NAMES_FRESH_MS);
  await names.refresh([A]);
  assert.equal(names.find(A)?.name, 'name of a');
});

test('an engine that hangs is left at the deadline; calls meanwhile join the one that runs', async () => {
  const { clock, state, names, words } = setUp();
  state.answer = (_ids, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  const running = names.refresh([A]);
  const joined = names.refresh([A]);
  await clock.advance(ENGINE_DEADLINE_MS);
  await Promise.all([running, joined]);
  assert.equal(state.asked.length, 1);
  assert.equal(words.length, 1);
  assert.equal(clock.pendingTimerCount, 0);
});

test('stopping ends what runs without a word', async () => {
  const { clock, state, names, words } = setUp();
  state.answer = (_ids, signal) =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  const running = names.refresh([A]);
  names.stop();
  await running;
  assert.deepEqual(words, []);
  assert.equal(clock.pendingTimerCount, 0);
});

test('containers of pods get their labels without any engine, and keep them beside one', async () => {
  const identity = findIdentity(KUBE, { withServices: false });
  assert.ok(identity !== undefined);
  const { names } = setUp(0);
  await names.refresh([identity]);
  assert.deepEqual(names.find(identity), {
    ...factsOf(''),
    image: '',
    pod: 'shop-7d',
    namespace: 'prod',
    container: 'api',
  });
  const beside = setUp();
  await beside.names.refresh([identity]);
  assert.equal(beside.names.find(identity)?.image, 'i');
  assert.equal(beside.names.find(identity)?.pod, 'shop-7d');
});

test('machines and services are nothing to ask an engine about', async () => {
  const { state, names } = setUp();
  await names.refresh([
    { ...A, kind: 'machine' },
    { ...B, kind: 'service' },
  ]);
  assert.deepEqual(state.asked, []);
});
