import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SeededRandom, VirtualClock, type Random } from '@vedette/model';
import fc from 'fast-check';
import { SILENT_LOG } from '../../telemetry/log.ts';
import { openStateStore } from './embedded.ts';
import type { FileSyncs } from './file-syncs.ts';
import type { DocumentWrite } from './port.ts';

/** What a drive writes in one piece. */
const SECTOR_BYTES = 512;

/**
 * Remembers what of each file is surely on the disk. After a power loss there is that, and of what was written since any
 * sectors, in any order; a length is the old or the new one.
 */
class ForgetfulDisk implements FileSyncs {
  readonly #durable = new Map<string, Buffer>();
  readonly #lies: (path: string, bytes: Buffer) => boolean;
  onSync: () => void = () => {};

  constructor(lies: (path: string, bytes: Buffer) => boolean) {
    this.#lies = lies;
  }

  /** What is in the file now is durable. */
  adopt(path: string): void {
    this.#durable.set(path, contentOf(path));
  }

  async sync(path: string): Promise<void> {
    this.onSync();
    await nextTurn();
    if (this.#durable.has(path) && !this.#lies(path, contentOf(path))) this.adopt(path);
    this.onSync();
  }

  afterPowerLoss(path: string, random: Random): Buffer {
    const before = this.#durable.get(path) ?? Buffer.alloc(0);
    const now = contentOf(path);
    const after = Buffer.alloc((random.float() < 0.5 ? before : now).length);
    const share = [0, 0.5, 1][Math.floor(random.float() * 3)] ?? 0;
    for (let at = 0; at < after.length; at += SECTOR_BYTES) {
      const isNew = now.length > at && (before.length <= at || random.float() < share);
      (isNew ? now : before).copy(after, at, at, at + SECTOR_BYTES);
    }
    return after;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

type Lie = (path: string, bytes: Buffer) => boolean;

interface Step {
  readonly key: number;
  readonly valueBytes: number;
  readonly isAwaited: boolean;
}

const steps = fc.array(fc.record({ key: fc.nat(12), valueBytes: fc.nat(6000), isAwaited: fc.boolean() }), {
  minLength: 10,
  maxLength: 30,
});

test('after a power loss at any sync there is all that was acknowledged, as a beginning of what was asked for', async () => {
  let losses = 0;
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(), async (work, seed) => void (losses += await runLife(work, seed))),
    { numRuns: 12 },
  );
  assert.ok(losses > 100, `got ${losses} power losses`);
});

const canary = (what: string, lie: Lie): void => {
  test(`the simulation finds it when ${what}`, async () => {
    await assert.rejects(
      fc.assert(
        fc.asyncProperty(steps, fc.nat(), async (work, seed) => void (await runLife(work, seed, lie))),
        { numRuns: 40, endOnFailure: true },
      ),
      (error: unknown) =>
        error instanceof Error &&
        /lost what was acknowledged|not whole|no beginning/.test(String(error.cause)),
    );
  });
};

canary('commits are acknowledged without a sync', (path, bytes) => path.endsWith('-wal') && bytes.length > 0);
canary('the log is cut before the database file is synced', (path) => path.endsWith('.db'));
canary('the next transaction does not wait for the cut of the log', (_, bytes) => bytes.length === 0);

/** Returns how many power losses there were. */
async function runLife(work: readonly Step[], seed: number, lies: Lie = () => false): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'vedette-power-'));
  try {
    const random = new SeededRandom(seed);
    const path = join(directory, 'state.db');
    const disk = new ForgetfulDisk(lies);
    const clock = new VirtualClock({ startMs: 0 });
    const store = openStateStore({ clock, log: SILENT_LOG, syncs: disk }, { path, walBytesMax: 24_000 });
    disk.adopt(path);
    disk.adopt(`${path}-wal`);
    const model = new Model();
    const faults: unknown[] = [];
    let losses = 0;
    disk.onSync = () => {
      if (faults.length > 0 || random.float() < 0.4) return;
      losses++;
      const image = join(directory, `image${losses}.db`);
      writeFileSync(image, disk.afterPowerLoss(path, random));
      writeFileSync(`${image}-wal`, disk.afterPowerLoss(`${path}-wal`, random));
      try {
        model.check(image);
      } catch (error) {
        faults.push(error);
      }
    };
    for (const step of work) {
      const written = model.write((writes) => store.documents.write(writes), step);
      if (step.isAwaited) await written;
    }
    await store.close();
    if (faults.length > 0) throw new Error(`a power loss did harm: ${String(faults[0])}`);
    return losses;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Each call writes two documents, so that half of one would be seen. */
class Model {
  readonly #asked: { readonly key: string; readonly value: string }[] = [];
  #acknowledged = 0;

  async write(run: (writes: DocumentWrite[]) => Promise<void>, step: Step): Promise<void> {
    const number = this.#asked.length;
    const entry = { key: `k${step.key}`, value: `${number} ${'x'.repeat(step.valueBytes)}` };
    this.#asked.push(entry);
    await run([
      { kind: 'put', collection: 'c', ...entry },
      { kind: 'put', collection: 'c', key: 'last', value: number },
    ]);
    this.#acknowledged = Math.max(this.#acknowledged, number + 1);
  }

  check(path: string): void {
    const found = this.#read(path);
    const count = Number(found.get('last') ?? -1) + 1;
    found.delete('last');
    assert.ok(
      count >= this.#acknowledged,
      `lost what was acknowledged: got ${count}, want ${this.#acknowledged}`,
    );
    const want = new Map<string, unknown>();
    for (const { key, value } of this.#asked.slice(0, count)) want.set(key, value);
    assert.deepEqual(found, want, 'no beginning of what was asked for');
  }

  #read(path: string): Map<string, unknown> {
    const database = new DatabaseSync(path);
    try {
      database.exec('PRAGMA synchronous = OFF');
      const verdict = Object.values(database.prepare('PRAGMA integrity_check').get() ?? {})[0];
      assert.equal(verdict, 'ok', 'not whole');
      const rows = database.prepare('SELECT key, value FROM documents').all();
      return new Map(rows.map((row) => [String(row['key']), JSON.parse(String(row['value'])) as unknown]));
    } catch (error) {
      throw new Error(`not whole: ${String(error)}`, { cause: error });
    } finally {
      database.close();
    }
  }
}

function contentOf(path: string): Buffer {
  return existsSync(path) ? readFileSync(path) : Buffer.alloc(0);
}
