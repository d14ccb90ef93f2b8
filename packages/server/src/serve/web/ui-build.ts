import * as path from 'node:path';
import type { Files } from '@vedette/model';
import type { Log } from '../../telemetry/log.ts';
import { sourceHash } from './source-hash.ts';
import type { BuildOutcome } from './vite-build.ts';

/**
 * Keeps `packages/web/dist` what its sources say, so that `npm ci && npm start` is all there is to do.
 *
 * 1. The hash of the sources is compared with the one in `dist/.stamp`. Equal: serve. No sources (a
 *    container ships `dist` alone): serve what is there.
 * 2. Else a child process builds into `dist.next`, which then takes the place of `dist` in one rename:
 *    a build that fails or is killed never leaves half a UI behind.
 * 3. Meanwhile, and after a failure, the state says what to show instead.
 *
 * Rejected: building before `npm start` (it delayed the first answer by seconds, and a fault of the
 * UI would have kept the whole server down).
 */
export type UiState =
  | { readonly kind: 'building' }
  | { readonly kind: 'ready'; readonly root: string }
  | { readonly kind: 'failed'; readonly reason: string };

export interface UiBuildDeps {
  readonly files: Files;
  readonly log: Log;
  readonly runBuild: (options: {
    readonly root: string;
    readonly outDir: string;
    readonly signal: AbortSignal;
  }) => Promise<BuildOutcome>;
}

export class UiBuild {
  readonly #deps: UiBuildDeps;
  readonly #root: string;
  readonly #dist: string;
  readonly #stop = new AbortController();
  #state: UiState = { kind: 'building' };

  /** `root` is the project's directory. */
  constructor(deps: UiBuildDeps, root: string) {
    this.#deps = deps;
    this.#root = root;
    this.#dist = path.join(root, 'packages/web/dist');
  }

  get state(): UiState {
    return this.#state;
  }

  /** Ends a running build. Twice is safe. */
  close(): void {
    this.#stop.abort(new Error('the server stops'));
  }

  /** Looks whether the UI is current, builds it if not; resolves when the state is final. Never rejects. */
  async run(): Promise<void> {
    try {
      this.#state = await this.#prepare();
    } catch (error) {
      this.#state = { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
    if (this.#state.kind === 'failed' && !this.#stop.signal.aborted)
      this.#deps.log.error('cannot build the user interface', { reason: this.#state.reason });
  }

  async #prepare(): Promise<UiState> {
    const { files, log, runBuild } = this.#deps;
    const ready: UiState = { kind: 'ready', root: this.#dist };
    const hash = await sourceHash(files, this.#root);
    const isThere = (await files.list(this.#dist)).some(({ name }) => name === 'index.html');
    if (hash === undefined)
      return isThere
        ? ready
        : { kind: 'failed', reason: 'this installation has neither the built UI nor its sources' };
    if (isThere && (await this.#readStamp()) === hash) return ready;
    log.info('building the user interface');
    const next = `${this.#dist}.next`;
    const outcome = await runBuild({ root: this.#root, outDir: next, signal: this.#stop.signal });
    if (outcome.kind === 'failed') {
      await files.remove(next);
      return outcome;
    }
    await files.writeAtomic(path.join(next, '.stamp'), new TextEncoder().encode(hash));
    await files.remove(this.#dist);
    await files.rename(next, this.#dist);
    log.info('the user interface is built');
    return ready;
  }

  async #readStamp(): Promise<string> {
    try {
      return new TextDecoder().decode(await this.#deps.files.read(path.join(this.#dist, '.stamp')));
    } catch {
      return '';
    }
  }
}
