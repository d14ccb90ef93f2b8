import {
  ExpectedError,
  InputError,
  UnavailableError,
  type Clock,
  type Files,
  type Random,
  type Timer,
} from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import type { MetricsAdmin } from '../metrics/port.ts';
import { copyStateFile } from '../state/state-copy.ts';
import { listTree, readPieces } from './file-tree.ts';
import type { HotBackups, StagedBackup } from './port.ts';

/** Below the data directory: the copy that is being fetched. */
const STAGING = 'backup.tmp';

/** A client that fetches asks many times a minute; one that was killed must not hold blocks for long. */
export const BACKUP_IDLE_MS_MAX = 600_000;

/**
 * The copy of a running server that a client fetches.
 *
 * 1. `begin` writes a snapshot of the samples to `backup.tmp/metrics` (a flush, then hard links: no space but for what
 *    compaction replaces meanwhile), then a copy of `state.db`. Ingest goes on; what was acknowledged before the call
 *    is in it.
 * 2. The client fetches the files one by one, and ends it.
 * 3. What is left of a process that was killed goes at the next start, what is left of a client when nobody has
 *    asked for ten minutes.
 *
 * Rejected: a path in the request, to which the server writes. Whoever has the token could then write anywhere; and a
 * container's paths are not those of the host.
 */
export class StagedBackups implements HotBackups {
  readonly #deps: StagedBackupsDeps;
  readonly #directory: string;
  readonly #staging: string;
  /** Being made, kept or removed. */
  #current: { readonly name: string; backup: StagedBackup | undefined } | undefined;
  #idleTimer: Timer | undefined;

  constructor(deps: StagedBackupsDeps, dataDirectory: string) {
    this.#deps = deps;
    this.#directory = dataDirectory;
    this.#staging = `${dataDirectory}/${STAGING}`;
  }

  async begin(): Promise<StagedBackup> {
    if (this.#current !== undefined)
      throw new UnavailableError(
        'VED_BACKUP_BUSY',
        `cannot begin a backup: "${this.#current.name}" is under way; try again when it has ended, at the latest ${BACKUP_IDLE_MS_MAX / 60_000} minutes after its client went away`,
      );
    const current = { name: this.#newName(), backup: undefined as StagedBackup | undefined };
    this.#current = current;
    try {
      await this.#stage();
      const files = await listTree(this.#deps.files, this.#staging);
      current.backup = { name: current.name, files };
    } catch (error) {
      await this.#clear();
      throw failureOf(error);
    }
    this.#deps.log.info('a backup was set aside', { name: current.name, files: current.backup.files.length });
    this.#touch();
    return current.backup;
  }

  open(name: string, path: string): Promise<AsyncIterable<Uint8Array>> {
    const backup = this.#current?.backup;
    if (backup?.name !== name)
      return Promise.reject(
        new InputError('VED_BACKUP_INVALID', `cannot read backup "${name}": it has ended; begin another one`),
      );
    if (!backup.files.some((file) => file.path === path))
      return Promise.reject(
        new InputError(
          'VED_BACKUP_INVALID',
          `cannot read "${path}" of backup "${name}": it has no such file`,
        ),
      );
    this.#touch();
    return Promise.resolve(this.#pieces(path));
  }

  async end(name: string): Promise<void> {
    if (this.#current?.backup?.name !== name) return;
    await this.#clear();
    this.#deps.log.info('a backup has ended', { name });
  }

  /** Removes what an earlier process left. Before anything else is called. */
  async start(): Promise<void> {
    await this.#deps.files.remove(this.#staging);
  }

  async stop(): Promise<void> {
    if (this.#current?.backup !== undefined) await this.#clear();
  }

  async #stage(): Promise<void> {
    const { files, admin } = this.#deps;
    await files.remove(this.#staging);
    await files.makeDirectory(this.#staging);
    if (admin !== undefined) await admin.snapshot({ hasHead: true, into: `${this.#staging}/metrics` });
    await copyStateFile(files, `${this.#directory}/state.db`, `${this.#staging}/state.db`);
    await this.#linkImports();
  }

  /** Which spans an import has finished; such a file is replaced, never written to. */
  async #linkImports(): Promise<void> {
    const { files } = this.#deps;
    const found = await files.list(`${this.#directory}/imports`);
    if (found.length === 0) return;
    await files.makeDirectory(`${this.#staging}/imports`);
    for (const { name, kind } of found)
      if (kind === 'file' && !name.endsWith('.tmp'))
        await files.link(`${this.#directory}/imports/${name}`, `${this.#staging}/imports/${name}`);
  }

  async *#pieces(path: string): AsyncGenerator<Uint8Array> {
    for await (const piece of readPieces(this.#deps.files, `${this.#staging}/${path}`)) {
      yield piece;
      this.#touch();
    }
  }

  #touch(): void {
    const { clock, log } = this.#deps;
    const backup = this.#current?.backup;
    if (backup === undefined) return;
    this.#idleTimer?.cancel();
    this.#idleTimer = clock.setTimer(BACKUP_IDLE_MS_MAX, () => {
      log.warn('a backup was given up: nobody has asked for it', { name: backup.name });
      this.#clear().catch((error: unknown) => log.warn('cannot remove a backup', { error }));
    });
  }

  /** Frees the place whatever the disk says: the next one, or the next start, removes what is left. */
  async #clear(): Promise<void> {
    this.#idleTimer?.cancel();
    if (this.#current !== undefined) this.#current.backup = undefined;
    try {
      await this.#deps.files.remove(this.#staging);
    } finally {
      this.#current = undefined;
    }
  }

  /** As that of a snapshot: the time in UTC and random bits. */
  #newName(): string {
    const { clock, random } = this.#deps;
    const time = new Date(clock.nowMs()).toISOString().replace(/\.\d+|[-:]/g, '');
    return `${time}-${Buffer.from(random.fill(new Uint8Array(4))).toString('hex')}`;
  }
}

function failureOf(error: unknown): unknown {
  if (error instanceof ExpectedError || !(error instanceof Error && 'code' in error)) return error;
  const code = error.code === 'ENOSPC' ? 'VED_STORAGE_FULL' : 'VED_STORAGE_FAILED';
  return new UnavailableError(code, `cannot set a backup aside: ${error.message}; nothing of it was kept`, {
    cause: error,
  });
}

export interface StagedBackupsDeps {
  readonly files: Files;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** `undefined`: the samples are kept elsewhere, and backed up there. */
  readonly admin: Pick<MetricsAdmin, 'snapshot'> | undefined;
}
