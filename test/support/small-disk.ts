import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { TestContext } from 'node:test';

const run = (program: string, ...args: string[]): boolean => spawnSync(program, args).status === 0;

/** Tried in a name space of its own, which takes the mount with it. */
export const mayMount = run('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt');

/** A disk of 64 MiB: its floor is 3.2 MiB. */
export function smallDisk(t: TestContext): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-disk-'));
  assert.ok(run('mount', '-t', 'tmpfs', '-o', 'size=64m', 'tmpfs', directory));
  t.after(() => {
    run('umount', '--lazy', directory);
    rmSync(directory, { recursive: true, force: true });
  });
  return directory;
}

/** Writes a file `filler` that leaves so many bytes free, or fewer where others write meanwhile. */
export function fillDisk(disk: string, freeBytes: number): void {
  const { bavail, bsize } = statfsSync(disk);
  try {
    appendFileSync(path.join(disk, 'filler'), new Uint8Array(Math.max(0, bavail * bsize - freeBytes)));
  } catch (error) {
    // What was free a moment ago is taken: the disk is as full as was wanted.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}
