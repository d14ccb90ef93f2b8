import type { Labels } from '@vedette/model';
import type { DiscoveryDeps } from './discovery/discovery.ts';
import { TargetSources } from './discovery/target-sources.ts';
import { HttpClient } from '../../lib/http-client.ts';
import type { ScrapeJob } from './job.ts';
import { ScrapeLoop, type ScrapeLoopDeps, type ScrapeLoopPlan } from './scrape-loop.ts';
import { createTarget, type Target } from './target.ts';

export type ScrapePoolDeps = ScrapeLoopDeps & DiscoveryDeps;

export interface ScrapePoolOptions {
  /** Folder of the configuration file. */
  readonly directory: string;
  readonly userAgent: string;
}

/**
 * The targets of one job. Discovery says which there are; the pool starts a loop for each new one,
 * retires those that are gone, and hands a changed configuration to the others, which keep what they
 * remember of their pages.
 */
export class ScrapePool {
  readonly #deps: ScrapePoolDeps;
  readonly #options: ScrapePoolOptions;
  #job: ScrapeJob;
  #client: HttpClient;
  readonly #sources: TargetSources;
  readonly #loops = new Map<string, ScrapeLoop>();
  /** Gone, but not yet marked stale; they may come back. */
  readonly #retired = new Map<string, ScrapeLoop>();
  #dropped: readonly Labels[] = [];
  #droppedCount = 0;
  #isRunning = false;

  constructor(deps: ScrapePoolDeps, job: ScrapeJob, options: ScrapePoolOptions) {
    this.#deps = deps;
    this.#job = job;
    this.#options = options;
    this.#client = this.#newClient();
    this.#sources = new TargetSources(deps, options);
  }

  get job(): ScrapeJob {
    return this.#job;
  }

  get loops(): Iterable<ScrapeLoop> {
    return this.#loops.values();
  }

  /** At most `keep_dropped_targets` of them. */
  get droppedTargets(): readonly Labels[] {
    return this.#dropped;
  }

  get droppedTargetCount(): number {
    return this.#droppedCount;
  }

  /** Takes over a configuration, also the first one: lets discovery look, and adjusts the loops. */
  async apply(job: ScrapeJob): Promise<void> {
    this.#job = job;
    const oldClient = this.#client;
    this.#client = this.#newClient();
    await this.#sources.apply(job);
    this.#sync();
    oldClient.close();
  }

  /** Starting twice is safe. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (const loop of this.#loops.values()) loop.start();
    this.#sources.start(() => this.#sync());
  }

  /** The job is gone from the configuration: its targets are retired. `onEnd` runs when the last is marked stale. */
  retire(onEnd: () => void): void {
    this.#sources.stop();
    this.#adjust(new Map());
    let waitingCount = this.#retired.size;
    if (waitingCount === 0) return onEnd();
    for (const [key, loop] of this.#retired)
      loop.retire(() => {
        this.#retired.delete(key);
        if (--waitingCount > 0) return;
        this.#client.close();
        onEnd();
      });
  }

  /** Stops at once and leaves no markers. */
  async stop(): Promise<void> {
    this.#sources.stop();
    await Promise.all([...this.#loops.values(), ...this.#retired.values()].map((loop) => loop.stop()));
    this.#loops.clear();
    this.#retired.clear();
    this.#client.close();
  }

  /** Compares what discovery knows with what is scraped. */
  #sync(): void {
    const targets = new Map<string, Target>();
    const dropped: Labels[] = [];
    let droppedCount = 0;
    for (const labels of this.#sources.targets()) {
      try {
        const outcome = createTarget(labels, this.#job);
        if (outcome.kind === 'target') targets.set(outcome.target.key, outcome.target);
        else if (++droppedCount <= this.#job.limits.droppedTargetsMax) dropped.push(outcome.discoveredLabels);
      } catch (error) {
        this.#deps.metrics.syncFailures.inc(1, this.#job.name);
        this.#deps.log.error('cannot scrape a discovered target', {
          pool: this.#job.name,
          target: labels,
          error,
        });
      }
    }
    this.#dropped = dropped;
    this.#droppedCount = droppedCount;
    this.#adjust(targets);
  }

  #adjust(targets: ReadonlyMap<string, Target>): void {
    const { targetCountMax } = this.#job.limits;
    const forcedError =
      targets.size > targetCountMax
        ? `target_limit exceeded (number of targets: ${targets.size}, limit: ${targetCountMax})`
        : undefined;
    const wanted = [...targets].slice(0, targetCountMax);
    const wantedKeys = new Set(wanted.map(([key]) => key));
    for (const [key, loop] of this.#loops) if (!wantedKeys.has(key)) this.#retireLoop(key, loop);
    for (const [key, target] of wanted) this.#ensureLoop(key, this.#planOf(target, forcedError));
    this.#deps.metrics.targets.set(this.#loops.size, this.#job.name);
  }

  #planOf(target: Target, forcedError: string | undefined): ScrapeLoopPlan {
    return { job: this.#job, target, client: this.#client, userAgent: this.#options.userAgent, forcedError };
  }

  #ensureLoop(key: string, plan: ScrapeLoopPlan): void {
    const running = this.#loops.get(key);
    if (running !== undefined) {
      running.replan(plan);
      return;
    }
    const returned = this.#retired.get(key);
    this.#retired.delete(key);
    returned?.replan(plan);
    const loop = returned ?? new ScrapeLoop(this.#deps, plan);
    this.#loops.set(key, loop);
    if (this.#isRunning) loop.start();
  }

  #retireLoop(key: string, loop: ScrapeLoop): void {
    this.#loops.delete(key);
    this.#retired.set(key, loop);
    loop.retire(() => this.#retired.delete(key));
  }

  #newClient(): HttpClient {
    return new HttpClient(this.#deps, { config: this.#job.http, directory: this.#options.directory });
  }
}
