import type { Labels } from '@vedette/model';
import { createDiscovery, type DiscoveryPlan } from './discovery/create-discovery.ts';
import { targetLabelsOf, type DiscoveryDeps, type TargetDiscovery } from './discovery/discovery.ts';
import { HttpClient } from '../../lib/http-client.ts';
import { Secret } from '../../lib/secret.ts';
import type { ScrapeJob } from './job.ts';
import { ScrapeLoop, type ScrapeLoopDeps, type ScrapeLoopPlan } from './scrape-loop.ts';
import { createTarget, type Target } from './target.ts';

export type ScrapePoolDeps = ScrapeLoopDeps & DiscoveryDeps;

export interface ScrapePoolOptions {
  /** Folder of the configuration file. */
  readonly directory: string;
  readonly userAgent: string;
}

interface RunningDiscovery {
  readonly plan: DiscoveryPlan;
  readonly source: TargetDiscovery;
}

/** A plan with a secret is never the same: two secrets cannot be told apart. */
function isSamePlan(a: DiscoveryPlan, b: DiscoveryPlan): boolean {
  const text = JSON.stringify(a);
  return !text.includes(String(new Secret(''))) && text === JSON.stringify(b);
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
  #discoveries: readonly RunningDiscovery[] = [];
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
    const before = this.#discoveries;
    this.#job = job;
    const oldClient = this.#client;
    this.#client = this.#newClient();
    this.#discoveries = job.discoveries.map(
      (plan) =>
        before.find((known) => isSamePlan(known.plan, plan)) ?? {
          plan,
          source: createDiscovery(this.#deps, plan, this.#options),
        },
    );
    const added = this.#discoveries.filter((discovery) => !before.includes(discovery));
    // At the start nobody waits for other machines; a reload does, so that targets do not go and come back.
    const awaited = added.filter(({ source }) => source.isLocal || this.#isRunning);
    await Promise.all(awaited.map(({ source }) => source.refresh()));
    for (const { source } of before.filter((discovery) => !this.#discoveries.includes(discovery)))
      source.stop();
    this.#sync();
    oldClient.close();
    if (this.#isRunning) this.#startDiscoveries();
  }

  /** Starting twice is safe. */
  start(): void {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (const loop of this.#loops.values()) loop.start();
    this.#startDiscoveries();
  }

  /** The job is gone from the configuration: its targets are retired. `onEnd` runs when the last is marked stale. */
  retire(onEnd: () => void): void {
    for (const { source } of this.#discoveries) source.stop();
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
    for (const { source } of this.#discoveries) source.stop();
    await Promise.all([...this.#loops.values(), ...this.#retired.values()].map((loop) => loop.stop()));
    this.#loops.clear();
    this.#retired.clear();
    this.#client.close();
  }

  #startDiscoveries(): void {
    for (const { source } of this.#discoveries) source.start(() => this.#sync());
  }

  /** Compares what discovery knows with what is scraped. */
  #sync(): void {
    const targets = new Map<string, Target>();
    const dropped: Labels[] = [];
    let droppedCount = 0;
    for (const labels of this.#discovered()) {
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

  #discovered(): Labels[] {
    return [
      ...this.#job.staticGroups.flatMap((group) => targetLabelsOf(group, [])),
      ...this.#discoveries.flatMap(({ source }) => source.targets()),
    ];
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
