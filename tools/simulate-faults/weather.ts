import type { FaultRule, MemoryFiles, SeededRandom } from '@vedette/model';

/** What a disk is like for some minutes. */
export const WEATHERS = [
  'slow-writes',
  'slow-reads',
  'read-errors',
  'write-errors',
  'sync-errors',
  'full',
] as const;

export type Weather = (typeof WEATHERS)[number] | 'calm';

/** A write takes 200 ms and a sync 5 s: a disk that others keep busy, or that is about to die. */
export const SLOW_SYNC_MS = 5000;
const SLOW_WRITE_MS = 200;
const SLOW_READ_MS = 100;

const ALL = /./;

/** The rules of a weather; what they leave to the disk itself is done by `afflict`. */
export function rulesOf(weather: Weather): readonly FaultRule[] {
  switch (weather) {
    case 'calm':
    case 'sync-errors':
    case 'full':
      return [];
    case 'slow-writes':
      return [
        {
          path: ALL,
          operations: ['append', 'change', 'open'],
          effect: { kind: 'delay', delayMs: SLOW_WRITE_MS },
        },
        { path: ALL, operations: ['sync'], effect: { kind: 'delay', delayMs: SLOW_SYNC_MS } },
      ];
    case 'slow-reads':
      return [{ path: ALL, operations: ['read', 'list'], effect: { kind: 'delay', delayMs: SLOW_READ_MS } }];
    case 'read-errors':
      return [
        { path: ALL, operations: ['read'], share: 0.1, effect: { kind: 'error', code: 'EIO' } },
        { path: ALL, operations: ['read'], share: 0.05, effect: { kind: 'short-read' } },
        { path: ALL, operations: ['open', 'list'], share: 0.05, effect: { kind: 'error', code: 'EIO' } },
      ];
    case 'write-errors':
      return [
        { path: ALL, operations: ['append'], share: 0.2, effect: { kind: 'torn-append', code: 'EIO' } },
        { path: ALL, operations: ['change', 'open'], share: 0.2, effect: { kind: 'error', code: 'EIO' } },
        { path: ALL, operations: ['sync'], share: 0.05, effect: { kind: 'delay', delayMs: 50 } },
      ];
  }
}

/** What a weather does to the disk now and then while it lasts. */
export function afflict(weather: Weather, disk: MemoryFiles, random: SeededRandom): void {
  if (weather === 'sync-errors') disk.failNext('sync', random.float() < 0.6 ? '.wal' : '.block', 'EIO');
  // Space comes and goes: sometimes there is enough for a batch, or for a part of one.
  if (weather === 'full') disk.capacityBytes = disk.usedBytes + Math.floor(random.float() ** 2 * 20_000);
}
