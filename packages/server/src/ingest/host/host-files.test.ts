import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { createHostFiles, HOST_FILE_BYTES_MAX } from './host-files.ts';

function makeTree(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'vedette-host-'));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, 'p/net'), { recursive: true });
  mkdirSync(join(root, 's/class/net/eth0'), { recursive: true });
  mkdirSync(join(root, 's/class/net/br0'), { recursive: true });
  writeFileSync(join(root, 'p/stat'), 'cpu 1 höhle\n');
  writeFileSync(join(root, 's/class/net/eth0/mtu'), '1500\n');
  return root;
}

test('paths below /proc and /sys are looked for below their roots', async (t) => {
  const root = makeTree(t);
  const files = createHostFiles({ procRoot: join(root, 'p'), sysRoot: join(root, 's') });
  assert.equal(files.read('/proc/stat'), 'cpu 1 höhle\n');
  assert.equal(files.read('/sys/class/net/eth0/mtu'), '1500\n');
  assert.equal(await files.readSlow('/sys/class/net/eth0/mtu'), '1500\n');
  assert.deepEqual(files.list('/sys/class/net'), ['br0', 'eth0']);
});

test('what is missing is undefined, and a missing directory has no names', async (t) => {
  const root = makeTree(t);
  const files = createHostFiles({ procRoot: join(root, 'p') });
  assert.equal(files.read('/proc/absent'), undefined);
  assert.equal(files.read('/proc/stat/below-a-file'), undefined);
  assert.equal(await files.readSlow('/proc/absent'), undefined);
  assert.deepEqual(files.list('/proc/absent'), []);
});

test('a directory where a file should be is an error', (t) => {
  const root = makeTree(t);
  assert.throws(() => createHostFiles({ procRoot: root }).read('/proc/p'), /EISDIR/);
});

test('files longer than the buffer are read whole, up to the limit and no further', (t) => {
  const root = makeTree(t);
  const files = createHostFiles({ procRoot: join(root, 'p') });
  const write = (bytes: number): void => writeFileSync(join(root, 'p/mounts'), Buffer.alloc(bytes, 'x'));
  write(100_000);
  assert.equal(files.read('/proc/mounts')?.length, 100_000);
  write(HOST_FILE_BYTES_MAX - 1);
  assert.equal(files.read('/proc/mounts')?.length, HOST_FILE_BYTES_MAX - 1);
  write(HOST_FILE_BYTES_MAX);
  assert.throws(
    () => files.read('/proc/mounts'),
    /cannot read "\/proc\/mounts": it reaches HOST_FILE_BYTES_MAX, 8388608 bytes/,
  );
});

test('a file system is asked through its mount point', async (t) => {
  const stats = await createHostFiles().statFileSystem(makeTree(t));
  assert.ok(stats.blocks >= stats.blocksFree && stats.blocksFree >= stats.blocksAvailable);
  assert.ok(stats.blockBytes > 0);
  await assert.rejects(createHostFiles().statFileSystem('/absent'), /ENOENT/);
});
