import * as path from 'node:path';
import type { Clock, Files, Random } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import { sourceHash } from './source-hash.ts';
import { BUILD_MS_MAX, type BuildOutcome } from './vite-build.ts';

/**
 * Keeps `packages/web/dist` what its sources say, so that `npm ci && npm start` is all there is to do.
 *
 * 1. The hash of the sources is compared with the one in `dist/.stamp`. Equal: serve. No sources (a
 *    container ships `dist` alone): serve what is there.
 * 2. Else a child process builds into a directory of this run's own, `dist.next-TIME-ID`. Servers that
 *    start at the same time on one checkout each build their own and do not touch the others'.
 * 3. The finished directory gets its stamp and takes the place of `dist` by renaming: the old one is moved
 *    aside, the new one moved in. A rename never merges: when another server was quicker, ours fails. If that
 *    one built the same sources, its result is as good; else we try again.
 * 4. Meanwhile, and after a failure, the state says what to show instead.
 *
 * A build that is killed leaves its directory behind. The name tells when it began, and none lasts longer
 * than `BUILD_MS_MAX`, so that the next start removes what is older.
 *
 * Rejected: building before `npm start` (it delayed the first answer by seconds, and a fault of the
 * UI would have kept the whole server down). Rejected: a lock with a process id (ids mean nothing
 * between two containers on one volume, and are used again).
 */
export type UiState =
  | { readonly kind: 'building' }
  | { readonly kind: 'ready'; readonly root: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface UiBuildDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Files;
  readonly log: Log;
  readonly runBuild: (options: {
    readonly root: string;
    readonly outDir: string;
    readonly signal: AbortSignal;
  }) => Promise<BuildOutcome>;
}

/** `dist.next` alone is what earlier versions built into. */
const BUILD_DIRECTORY = /^dist\.next(?:-(\d+)-[0-9a-f-]+(?:-old)?)?$/;

/** Each attempt fails only if another server won it, and servers that start together are few. */
const MOVES_MAX = 10;

export class UiBuild {
  readonly #deps: UiBuildDeps;
  readonly #root: string;
  readonly #web: string;
  readonly #dist: string;
  readonly #stop = new AbortController();
  #state: UiState = { kind: 'building' };
  #running: Promise<void> | undefined;

  /** `root` is the project's directory. */
  constructor(deps: UiBuildDeps, root: string) {
    this.#deps = deps;
    this.#root = root;
    this.#web = path.join(root, 'packages/web');
    this.#dist = path.join(this.#web, 'dist');
  }

  get state(): UiState {
    return this.#state;
  }

  /** Ends a running build; resolves when nothing of it is left. Twice is safe. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the server stops'));
    await this.#running;
  }

  /** Looks whether the UI is current, builds it if not; resolves when the state is final. Never rejects. */
  run(): Promise<void> {
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    try {
      this.#state = await this.#prepare();
    } catch (error) {
      this.#state = { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
    if (this.#state.kind === 'failed' && !this.#stop.signal.aborted)
      this.#deps.log.error('cannot build the user interface', { reason: this.#state.reason });
  }

  async #prepare(): Promise<UiState> {
    const { files } = this.#deps;
    const ready: UiState = { kind: 'ready', root: this.#dist };
    const hash = await sourceHash(files, this.#root);
    const isThere = (await files.list(this.#dist)).some(({ name }) => name === 'index.html');
    if (hash === undefined)
      return isThere
        ? ready
        : { kind: 'failed', reason: 'this installation has neither the built UI nor its sources' };
    await this.#removeLeftBehind();
    if (isThere && (await this.#readStamp()) === hash) return ready;
    return await this.#build(hash);
  }

  async #build(hash: string): Promise<UiState> {
    const { clock, random, files, log, runBuild } = this.#deps;
    log.info('building the user interface');
    const next = `${this.#dist}.next-${clock.nowMs()}-${random.uuid()}`;
    try {
      const outcome = await runBuild({ root: this.#root, outDir: next, signal: this.#stop.signal });
      if (outcome.kind === 'failed') return outcome;
      await files.writeAtomic(path.join(next, '.stamp'), new TextEncoder().encode(hash));
      await this.#moveIn(next, hash);
    } finally {
      await files.remove(next);
    }
    log.info('the user interface is built');
    return { kind: 'ready', root: this.#dist };
  }

  /** Puts `next` in the place of `dist`, unless another server has put the same there meanwhile. */
  async #moveIn(next: string, hash: string): Promise<void> {
    const { files } = this.#deps;
    const old = `${next}-old`;
    for (let attempt = 1; (await this.#readStamp()) !== hash; attempt++) {
      try {
        await files.rename(this.#dist, old).catch(ignoreMissing);
        await files.rename(next, this.#dist);
        return;
      } catch (error) {
        // Another server moved its own in between our two renames.
        if (attempt === MOVES_MAX) throw error;
      } finally {
        await files.remove(old);
      }
    }
  }

  async #removeLeftBehind(): Promise<void> {
    const { clock, files } = this.#deps;
    for (const { name } of await files.list(this.#web)) {
      const match = BUILD_DIRECTORY.exec(name);
      if (match === null || clock.nowMs() - Number(match[1] ?? 0) <= BUILD_MS_MAX) continue;
      await files.remove(path.join(this.#web, name));
    }
  }

  async #readStamp(): Promise<string> {
    try {
      return new TextDecoder().decode(await this.#deps.files.read(path.join(this.#dist, '.stamp')));
    } catch {
      return '';
    }
  }
}

/** There is no `dist` yet, or another server has just moved it aside. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
}
