import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FaultyFiles, type FaultRule } from './faulty-files.ts';
import { MemoryFiles } from './memory-files.ts';
import { SeededRandom } from './seeded-random.ts';
import { VirtualClock } from './virtual-clock.ts';

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(7);

function scene(...rules: FaultRule[]): { files: FaultyFiles; disk: MemoryFiles; clock: VirtualClock } {
  const random = new SeededRandom(1);
  const clock = new VirtualClock({ startMs: 0 });
  const disk = new MemoryFiles(random);
  return { files: new FaultyFiles({ clock, random }, disk, rules), disk, clock };
}

test('a rule hits the operations and paths that it names, and no other', async () => {
  const { files } = scene({ path: /\.wal$/, operations: ['read'], effect: { kind: 'error', code: 'EIO' } });
  await files.writeAtomic('x.wal', bytes(3));
  await files.writeAtomic('x.block', bytes(3));
  assert.equal((await files.read('x.block')).length, 3);
  await assert.rejects(files.read('x.wal'), { code: 'EIO' });
  const reader = await files.openReader('x.wal');
  await assert.rejects(reader.read(0, 1), { code: 'EIO' });
  files.rules = [];
  assert.equal((await reader.read(0, 1)).length, 1);
  assert.equal(files.openCount, 1);
  await reader.close();
  await reader.close();
  assert.equal(files.openCount, 0);
  assert.deepEqual([...files.injected], [['error', 2]]);
});

test('a delayed operation begins when its time has come', async () => {
  const { files, clock } = scene({
    path: /x/,
    operations: ['sync'],
    effect: { kind: 'delay', delayMs: 5000 },
  });
  const appender = await files.openAppender('x');
  await appender.append(bytes(1));
  let isDone = false;
  void appender.sync().then(() => (isDone = true));
  await clock.advance(4999);
  assert.equal(isDone, false);
  await clock.advance(1);
  assert.equal(isDone, true);
});

test('a torn append leaves a part of itself', async () => {
  const { files, disk } = scene({
    path: /x/,
    operations: ['append'],
    effect: { kind: 'torn-append', code: 'EIO' },
  });
  const appender = await files.openAppender('x');
  await assert.rejects(appender.append(bytes(1000)), { code: 'EIO' });
  assert.ok(disk.usedBytes > 0 && disk.usedBytes < 1000);
  assert.equal(appender.sizeBytes, disk.usedBytes);
});

test('a lost sync leaves to a power loss what it said was safe', async () => {
  const { files, disk } = scene({ path: /x/, operations: ['sync'], effect: { kind: 'lost-sync' } });
  const appender = await files.openAppender('x');
  await disk.syncDirectory('');
  await appender.append(bytes(10_000));
  await appender.sync();
  const left = await disk.restart('power').read('x');
  assert.ok(left.length < 10_000 || left.includes(0));
});

test('reads end early, or have one wrong bit that the disk has not', async () => {
  const { files, disk } = scene({ path: /x/, operations: ['read'], effect: { kind: 'short-read' } });
  await files.writeAtomic('x', bytes(100));
  await assert.rejects(files.read('x'), /fewer bytes/);
  files.rules = [{ path: /x/, operations: ['read'], effect: { kind: 'flipped-bit' } }];
  const wrong = (await files.read('x')).filter((byte) => byte !== 7);
  assert.equal(wrong.length, 1);
  assert.deepEqual(await disk.read('x'), bytes(100));
});

test('a share of the operations is hit, the same ones with the same seed', async () => {
  const hits = async (): Promise<boolean[]> => {
    const { files } = scene({
      path: /x/,
      operations: ['list'],
      share: 0.3,
      effect: { kind: 'error', code: 'EIO' },
    });
    const outcomes = Array.from({ length: 200 }, () =>
      files.list('x').then(
        () => false,
        () => true,
      ),
    );
    return await Promise.all(outcomes);
  };
  const first = await hits();
  const count = first.filter(Boolean).length;
  assert.ok(count > 30 && count < 90, `${count} of 200`);
  assert.deepEqual(await hits(), first);
});
