import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnavailableError, type Slicer } from '@vedette/model';
import { createMemoryReader, MemoryGuard } from './memory-guard.ts';

const MIB = 2 ** 20;
const NEVER = new AbortController().signal;

interface Scene {
  readonly guard: MemoryGuard;
  readonly slicer: Slicer;
  /** Of 100 MiB of heap and 200 in all. */
  readonly use: { heapBytes: number; allBytes: number };
}

function openScene(): Scene {
  const use = { heapBytes: 75 * MIB, allBytes: 150 * MIB };
  const guard = new MemoryGuard(() => ({ ...use, heapBytesMax: 100 * MIB, allBytesMax: 200 * MIB }));
  const slicer = guard.watch({ shouldYield: () => true, yield: () => Promise.resolve() });
  return { guard, slicer, use };
}

/** Runs until it is aborted or made to end. */
function workOf(signal: AbortSignal, end: Promise<string>): Promise<string> {
  const aborted = new Promise<never>((_resolve, reject) =>
    signal.addEventListener('abort', () => reject(new Error('stopped'))),
  );
  return Promise.race([end, aborted]);
}

async function assertRefused(work: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(work, (error: unknown) => {
    assert.ok(error instanceof UnavailableError);
    assert.equal(error.code, 'VED_QUERY_MEMORY');
    assert.match(error.message, message);
    return true;
  });
}

test('up to three quarters of heap and memory work goes on', async () => {
  const { guard, slicer } = openScene();
  const { promise, resolve } = Promise.withResolvers<string>();
  const work = guard.run(NEVER, (signal) => workOf(signal, promise));
  assert.equal(slicer.shouldYield(), true);
  await slicer.yield();
  resolve('done');
  assert.equal(await work, 'done');
});

test('with a byte more all that runs is given up with sizes and what to do, the next is let in', async () => {
  const { guard, slicer, use } = openScene();
  const { promise, resolve } = Promise.withResolvers<string>();
  const run = (): Promise<string> => guard.run(NEVER, (signal) => workOf(signal, promise));
  const byHeap =
    /go on with the query: objects take 76 MiB of the heap, limit is 75 % of 100 MiB; ask for fewer/;
  const refused = [assertRefused(run(), byHeap), assertRefused(run(), byHeap)];
  use.heapBytes++;
  await slicer.yield();
  await Promise.all(refused);
  const byAll = /151 MiB are in use, limit is 75 % of 200 MiB of memory; .*query\.max_samples/;
  const other = assertRefused(run(), byAll);
  use.heapBytes = MIB;
  use.allBytes++;
  await slicer.yield();
  await other;
  const next = run();
  resolve('done');
  assert.equal(await next, 'done');
});

test('what fails or is aborted by its caller says so, in its own words', async () => {
  const { guard, slicer, use } = openScene();
  await assert.rejects(
    guard.run(NEVER, () => Promise.reject(new Error('broken'))),
    /broken/,
  );
  const caller = new AbortController();
  const work = guard.run(caller.signal, (signal) => workOf(signal, new Promise(() => undefined)));
  const stopped = assert.rejects(work, /stopped/);
  caller.abort();
  use.heapBytes++;
  await slicer.yield();
  await stopped;
});

test('slices of a task are looked at as well, and are its own', async () => {
  const { guard, slicer, use } = openScene();
  use.heapBytes++;
  const refused = assertRefused(
    guard.run(NEVER, (signal) => workOf(signal, new Promise(() => undefined))),
    /76 MiB of the heap/,
  );
  // One that knows of no tasks stands for itself.
  await slicer.forTask?.().yield();
  await refused;
  const own: Slicer = { shouldYield: () => false, yield: () => Promise.resolve() };
  const guarded = guard.watch({ ...own, shouldYield: () => true, forTask: () => own });
  assert.equal(guarded.forTask?.().shouldYield(), false);
});

test('this process lies below its limits', () => {
  const { heapBytes, heapBytesMax, allBytes, allBytesMax } = createMemoryReader()();
  assert.ok(heapBytes > MIB && heapBytes < heapBytesMax);
  assert.ok(allBytes > heapBytes && allBytes < allBytesMax);
});
