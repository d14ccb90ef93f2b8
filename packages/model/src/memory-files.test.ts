import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryFiles } from './memory-files.ts';
import { SeededRandom } from './seeded-random.ts';

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);

test('files are written, listed, read, renamed and removed', async () => {
  const files = new MemoryFiles(new SeededRandom(1));
  await files.makeDirectory('a/b');
  const appender = await files.openAppender('a/b/x');
  await appender.append(bytes(3));
  assert.equal(appender.sizeBytes, 3);
  await files.writeAtomic('a/b/w', bytes(2));
  assert.deepEqual(
    (await files.list('a/b')).map((entry) => [entry.name, entry.sizeBytes]),
    [
      ['w', 2],
      ['x', 3],
    ],
  );
  assert.deepEqual(
    (await files.list('a')).map((entry) => entry.kind),
    ['directory'],
  );
  await files.truncate('a/b/x', 1);
  await files.rename('a/b/x', 'a/b/y');
  assert.equal((await files.read('a/b/y')).length, 1);
  const reader = await files.openReader('a/b/y');
  await assert.rejects(reader.read(0, 2), /cannot read "a\/b\/y" at 0: got 1 bytes, want 2/);
  await files.remove('a');
  assert.deepEqual(files.paths, []);
  await assert.rejects(files.read('a/b/y'), { code: 'ENOENT' });
});

test('a full disk takes what fits and fails', async () => {
  const files = new MemoryFiles(new SeededRandom(1));
  files.capacityBytes = 10;
  const appender = await files.openAppender('x');
  await appender.append(bytes(8));
  await assert.rejects(appender.append(bytes(8)), { code: 'ENOSPC' });
  assert.equal(appender.sizeBytes, 10);
  assert.equal((await files.space()).freeBytes, 0);
});

test('power loss keeps what was synced and a part of the rest', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const files = new MemoryFiles(new SeededRandom(seed));
    const appender = await files.openAppender('d/x');
    await appender.append(bytes(5));
    await appender.sync();
    await appender.append(bytes(5));
    await files.openAppender('d/y');
    await files.openAppender('e/z');
    await files.syncDirectory('d');
    const next = files.restart('power');
    assert.deepEqual(
      next.paths.filter((path) => path !== 'e/z'),
      ['d/x', 'd/y'],
    );
    const left = await next.read('d/x');
    assert.ok(left.length >= 5 && left.length <= 10);
    assert.deepEqual(left.subarray(0, 5), bytes(5));
  }
});

test('a killed process gets no answer, and its disk keeps a part of the last change', async () => {
  const files = new MemoryFiles(new SeededRandom(3));
  const appender = await files.openAppender('x');
  files.killAfter(2);
  await appender.append(bytes(4));
  let isSettled = false;
  void appender.append(bytes(100)).finally(() => (isSettled = true));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(files.isKilled, true);
  const next = files.restart('process');
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isSettled, false);
  const { length } = await next.read('x');
  assert.ok(length >= 4 && length <= 104);
});

test('a planned fault hits once', async () => {
  const files = new MemoryFiles(new SeededRandom(3));
  const appender = await files.openAppender('x');
  files.failNext('sync', 'x', 'EIO');
  await assert.rejects(appender.sync(), { code: 'EIO' });
  await appender.sync();
});

test('a file has two paths after a link, a directory moves with all that is in it', async () => {
  const files = new MemoryFiles(new SeededRandom(1));
  await files.makeDirectory('a/b');
  await files.writeAtomic('a/b/x', Uint8Array.of(1, 2));
  await files.link('a/b/x', 'a/y');
  await assert.rejects(files.link('a/b/x', 'a/y'), { code: 'EEXIST' });
  await assert.rejects(files.link('a/b/nothing', 'a/z'), { code: 'ENOENT' });
  await files.remove('a/b/x');
  await files.syncDirectory('a');
  assert.deepEqual([...(await files.read('a/y'))], [1, 2]);
  await files.writeAtomic('a/b/z', Uint8Array.of(3));
  await files.makeDirectory('c');
  await files.rename('a', 'c/d');
  assert.deepEqual(files.paths, ['c/d/b/z', 'c/d/y']);
  assert.deepEqual(
    (await files.list('c/d')).map(({ name, kind }) => [name, kind]),
    [
      ['b', 'directory'],
      ['y', 'file'],
    ],
  );
  assert.deepEqual(await files.list('a'), []);
  await files.makeDirectory('e');
  await assert.rejects(files.rename('e', 'c/d'), { code: 'ENOTEMPTY' });
});

test('power loss may take a link whose directory was not synced', async () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const files = new MemoryFiles(new SeededRandom(seed));
    await files.writeAtomic('x', Uint8Array.of(1));
    await files.link('x', 'd/y');
    outcomes.add(files.restart('power').paths.join());
  }
  assert.deepEqual([...outcomes].sort(), ['d/y,x', 'x']);
});

test('after power loss a removed file is back, unless its directory was synced', async () => {
  const outcomes = new Set<string>();
  for (let seed = 0; seed < 20; seed++) {
    const files = new MemoryFiles(new SeededRandom(seed));
    await files.writeAtomic('d/x', bytes(2));
    await files.remove('d/x');
    if (seed % 2 === 0) await files.syncDirectory('d');
    const { paths } = files.restart('power');
    outcomes.add(`${seed % 2} ${paths.join()}`);
  }
  assert.deepEqual([...outcomes].sort(), ['0 ', '1 ', '1 d/x']);
});

test('after power loss there are holes of whole sectors in what was not synced', async () => {
  let holes = 0;
  for (let seed = 0; seed < 40; seed++) {
    const files = new MemoryFiles(new SeededRandom(seed));
    const appender = await files.openAppender('d/x');
    await files.syncDirectory('d');
    await appender.append(bytes(700));
    await appender.sync();
    await appender.append(bytes(5000));
    const left = await files.restart('power').read('d/x');
    const first = left.indexOf(0);
    if (first < 0) continue;
    holes++;
    assert.ok(first === 700 || (first > 700 && first % 512 === 0), `a hole from ${first} on`);
    assert.equal(left.length, 5700);
  }
  assert.ok(holes > 3);
});

test('what a failed sync gave up is not made durable by the next one', async () => {
  let lost = 0;
  for (let seed = 0; seed < 20; seed++) {
    const files = new MemoryFiles(new SeededRandom(seed));
    const appender = await files.openAppender('d/x');
    await files.syncDirectory('d');
    await appender.append(bytes(600));
    await appender.sync();
    await appender.append(bytes(600));
    files.failNext('sync', 'x', 'EIO');
    await assert.rejects(appender.sync());
    await appender.sync();
    const left = await files.restart('power').read('d/x');
    assert.deepEqual(left.subarray(0, 600), bytes(600));
    if (left.includes(0)) lost++;
  }
  assert.ok(lost > 5);
});

test('a disk that lies loses the last changes of all files together, in order', async () => {
  const lengths = new Set<number>();
  for (let seed = 0; seed < 30; seed++) {
    const files = new MemoryFiles(new SeededRandom(seed));
    files.isLying = true;
    for (let i = 0; i < 6; i++) {
      const appender = await files.openAppender(`d/${i % 2}`);
      await appender.append(Uint8Array.of(i, i));
      await appender.sync();
    }
    await files.truncate('d/1', 1);
    await files.rename('d/1', 'd/2');
    await files.remove('d/0');
    const next = files.restart('power');
    const of = async (name: string): Promise<number[]> =>
      next.paths.includes(`d/${name}`) ? [...(await next.read(`d/${name}`))] : [];
    const moved = await of('2');
    const [even, odd] = [await of('0'), await of('1')];
    lengths.add(even.length + odd.length + moved.length);
    // Nothing of a later append without all of an earlier one.
    if (odd.length > 0 && moved.length === 0)
      assert.ok(odd.length === 1 || even.length - odd.length === 2 || even.length === odd.length);
    if (moved.length > 0) assert.deepEqual(moved, [1]);
    assert.deepEqual(even, [0, 0, 2, 2, 4, 4].slice(0, even.length));
  }
  assert.ok(lengths.size > 4);
});

test('what a killed process left of an atomic write does not get into the next one', async () => {
  const files = new MemoryFiles(new SeededRandom(1));
  files.failNext('rename', 'x', 'EIO');
  await assert.rejects(files.writeAtomic('x', Uint8Array.of(1, 2, 3)));
  await files.writeAtomic('x', Uint8Array.of(4));
  assert.deepEqual([...(await files.read('x'))], [4]);
});
