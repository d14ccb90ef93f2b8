import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createFixture, createFixtureFiles, FIXTURE_STATS, type Fixture } from '../collector-fixture.ts';
import type { FileSystemStats } from '../host-files.ts';
import { filesystem } from './filesystem.ts';

function setUp(
  mounts: string,
  stat: (path: string) => Promise<FileSystemStats>,
): Fixture & { asked: string[] } {
  const asked: string[] = [];
  const files = createFixtureFiles({ '/proc/1/mounts': mounts }, (path) => {
    asked.push(path);
    return stat(path);
  });
  return { ...createFixture(filesystem, files), asked };
}

const answer = (): Promise<FileSystemStats> => Promise.resolve(FIXTURE_STATS);
const hang = (): Promise<FileSystemStats> => new Promise(() => undefined);

test('space and files in bytes and inodes; a mount with ro is read-only', async () => {
  const { collect } = setUp('/dev/sda1 /data ext4 noatime,ro 0 0\n', answer);
  const labels = 'device="/dev/sda1", fstype="ext4", mountpoint="/data"';
  assert.deepEqual(await collect(), {
    [`node_filesystem_device_error{${labels}}`]: 0,
    [`node_filesystem_readonly{${labels}}`]: 1,
    [`node_filesystem_size_bytes{${labels}}`]: 4_096_000,
    [`node_filesystem_free_bytes{${labels}}`]: 2_048_000,
    [`node_filesystem_avail_bytes{${labels}}`]: 1_638_400,
    [`node_filesystem_files{${labels}}`]: 200,
    [`node_filesystem_files_free{${labels}}`]: 150,
  });
});

test('mount points and types of node_exporter’s default are not even asked', async () => {
  const { collect, asked } = setUp(
    'proc /proc proc rw 0 0\ntmpfs /run tmpfs rw 0 0\noverlay /x overlay rw 0 0\n/dev/b /mnt/usb ext4 rw 0 0\n' +
      '/dev/a /running ext4 rw 0 0\n',
    answer,
  );
  await collect();
  assert.deepEqual(asked, ['/running']);
});

test('spaces and tabs of mount points are unescaped, as are those of the question', async () => {
  const { collect, asked } = setUp(String.raw`/dev/a /my\040disk\011one ext4 rw 0 0`, answer);
  assert.equal(
    (await collect())[
      'node_filesystem_readonly{device="/dev/a", fstype="ext4", mountpoint="/my disk\\tone"}'
    ],
    0,
  );
  assert.deepEqual(asked, ['/my disk\tone']);
});

test('a file system that refuses has device_error 1 and no figures; the others go on', async () => {
  const { collect } = setUp('a /a ext4 rw 0 0\nb /b ext4 rw 0 0\n', (path) =>
    path === '/a' ? Promise.reject(new Error('EIO')) : answer(),
  );
  const values = await collect();
  assert.equal(values['node_filesystem_device_error{device="a", fstype="ext4", mountpoint="/a"}'], 1);
  assert.equal(values['node_filesystem_size_bytes{device="a", fstype="ext4", mountpoint="/a"}'], undefined);
  assert.equal(values['node_filesystem_size_bytes{device="b", fstype="ext4", mountpoint="/b"}'], 4_096_000);
});

test('a hung mount is given up after 2 s and not asked again until it answers', async () => {
  let release = (): void => undefined;
  const hung = new Promise<FileSystemStats>((resolve) => (release = () => resolve(FIXTURE_STATS)));
  const { collect, clock, asked } = setUp('n /nfs nfs rw 0 0\nb /b ext4 rw 0 0\n', (path) =>
    path === '/nfs' ? hung : answer(),
  );
  const nfs = 'device="n", fstype="nfs", mountpoint="/nfs"';
  const runFor = async (ms: number): Promise<Record<string, number>> => {
    const values = collect();
    await clock.advance(ms);
    return await values;
  };
  const first = await runFor(2000);
  assert.equal(first[`node_filesystem_device_error{${nfs}}`], 1);
  assert.equal(first['node_filesystem_device_error{device="b", fstype="ext4", mountpoint="/b"}'], 0);
  await clock.advance(16_000);
  assert.equal((await runFor(0))[`node_filesystem_device_error{${nfs}}`], 1);
  assert.deepEqual(asked, ['/nfs', '/b', '/b']);
  release();
  await clock.advance(16_000);
  assert.equal((await runFor(0))[`node_filesystem_device_error{${nfs}}`], 0);
  assert.equal(clock.pendingTimerCount, 0);
});

test('two hung mounts hold two threads and no third: the rest is not asked', async () => {
  const { collect, clock, asked } = setUp(
    '1 /1 nfs rw 0 0\n2 /2 nfs rw 0 0\n3 /3 nfs rw 0 0\n4 /4 ext4 rw 0 0\n',
    hang,
  );
  const values = collect();
  await clock.advance(4000);
  assert.deepEqual(
    Object.values(await values).filter((_, i) => i % 2 === 0),
    [1, 1, 1, 1],
  );
  assert.deepEqual(asked, ['/1', '/2']);
});
