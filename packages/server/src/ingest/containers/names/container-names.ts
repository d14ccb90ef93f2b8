/**
 * Gives containers their names: from the engine's socket where there is one, from the kubelet's directories
 * for pods. Neither is ever required.
 *
 * 1. `refresh` is told which containers there are. Those that nobody was asked about yet, or not for long, are
 *    asked about in one go; a second call while that runs joins it.
 * 2. What is known is asked again after ten minutes (people rename containers), what was unknown after ten
 *    seconds once (an engine starts a container before it tells of it), then every ten minutes.
 * 3. An engine that does not answer rests for 30 s, doubled with each failure up to ten minutes. Containers keep
 *    what was known of them, and those without a name are asked about when it is back. Its first failure is told, and its recovery.
 */
import type { Clock } from '@vedette/model';
import type { Counter } from '@vedette/sdk';
import type { Log } from '../../../telemetry/log.ts';
import type { CgroupIdentity } from '../cgroup-identity.ts';
import type { Engine, EngineAnswer } from './engine-socket.ts';
import type { ContainerFacts } from './facts.ts';
import type { PodNames } from './pod-names.ts';

// An engine answers in some 10 ms; a machine under memory pressure takes seconds, and names can wait.
export const ENGINE_DEADLINE_MS = 5000;

// An engine that restarts is away for some seconds; asking one that hangs costs a round half a second at most.
export const ENGINE_REST_MS_MIN = 30_000;

// People rename containers now and then, and look at the chart within the hour.
export const NAMES_FRESH_MS = 600_000;

// An engine starts a container a moment before it tells of it.
const UNKNOWN_AGAIN_MS = 10_000;

interface NamesDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly engines: readonly Engine[];
  readonly pods: PodNames;
  readonly failures: Counter;
}

interface Known {
  facts: ContainerFacts | undefined;
  /** On the monotonic clock. */
  askAgainAtMs: number;
}

interface EngineHealth {
  readonly engine: Engine;
  restMs: number;
  askAgainAtMs: number;
}

export class ContainerNames {
  readonly #deps: NamesDeps;
  readonly #engines: readonly EngineHealth[];
  readonly #known = new Map<string, Known>();
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;

  constructor(deps: NamesDeps) {
    this.#deps = deps;
    this.#engines = deps.engines.map((engine) => ({ engine, restMs: 0, askAgainAtMs: 0 }));
  }

  /** What is known by now. The same object until something changed. */
  find({ containerId }: CgroupIdentity): ContainerFacts | undefined {
    return this.#known.get(containerId)?.facts;
  }

  /** Settles when everything due was asked; never rejects. Forgets containers that are not among these. */
  refresh(identities: readonly CgroupIdentity[]): Promise<void> {
    this.#running ??= this.#refreshDue(identities.filter(({ kind }) => kind === 'engine')).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** Ends what runs. */
  stop(): void {
    this.#stopped.abort();
  }

  async #refreshDue(identities: readonly CgroupIdentity[]): Promise<void> {
    const nowMs = this.#deps.clock.monotonicMs();
    const present = new Set(identities.map(({ containerId }) => containerId));
    for (const id of this.#known.keys()) if (!present.has(id)) this.#known.delete(id);
    const due = identities.filter(
      ({ containerId }) => nowMs >= (this.#known.get(containerId)?.askAgainAtMs ?? 0),
    );
    if (due.length === 0) return;
    if (due.some(({ podUid }) => podUid !== '')) this.#deps.pods.refresh();
    const { answers, isWhole } = await this.#askEngines(due.map(({ containerId }) => containerId));
    for (const identity of due)
      this.#learn(identity, { answer: answers.get(identity.containerId), isWhole, nowMs });
  }

  #learn(
    identity: CgroupIdentity,
    { answer, isWhole, nowMs }: { answer: ContainerFacts | undefined; isWhole: boolean; nowMs: number },
  ): void {
    const known = this.#known.get(identity.containerId);
    const pod = this.#deps.pods.find(identity);
    const base = answer ?? known?.facts ?? (pod && NOTHING_KNOWN);
    const facts = base && { ...base, ...pod };
    const isOpen = answer === undefined && (!isWhole || (facts === undefined && known === undefined));
    this.#known.set(identity.containerId, {
      facts: isSame(facts, known?.facts) ? known?.facts : facts,
      askAgainAtMs: nowMs + (isOpen ? UNKNOWN_AGAIN_MS : NAMES_FRESH_MS),
    });
  }

  /** `isWhole`: every engine that had to be asked has answered. */
  async #askEngines(
    ids: readonly string[],
  ): Promise<{ readonly answers: EngineAnswer; readonly isWhole: boolean }> {
    const answers = new Map<string, ContainerFacts>();
    let isWhole = true;
    for (const health of this.#engines) {
      const open = ids.filter((id) => !answers.has(id));
      if (open.length === 0) break;
      const isResting = this.#deps.clock.monotonicMs() < health.askAgainAtMs;
      const answer = isResting ? undefined : await this.#ask(health, open);
      for (const [id, facts] of answer ?? []) answers.set(id, facts);
      isWhole &&= answer !== undefined;
    }
    return { answers, isWhole };
  }

  /** `undefined` when there was no answer. */
  async #ask(health: EngineHealth, ids: readonly string[]): Promise<EngineAnswer | undefined> {
    const { clock, log, failures } = this.#deps;
    const { engine } = health;
    const deadline = new AbortController();
    const timer = clock.setTimer(ENGINE_DEADLINE_MS, () =>
      deadline.abort(new Error(`no answer within ${ENGINE_DEADLINE_MS} ms`)),
    );
    try {
      const answer = await engine.describe(ids, AbortSignal.any([deadline.signal, this.#stopped.signal]));
      if (health.restMs > 0) log.info('the container engine answers again', { socket: engine.socketPath });
      health.restMs = 0;
      return answer;
    } catch (error) {
      if (this.#stopped.signal.aborted) return undefined;
      failures.inc();
      if (health.restMs === 0)
        log.warn('cannot ask the container engine for names; containers keep their ids', {
          socket: engine.socketPath,
          error,
        });
      health.restMs = Math.min(Math.max(ENGINE_REST_MS_MIN, health.restMs * 2), NAMES_FRESH_MS);
      health.askAgainAtMs = clock.monotonicMs() + health.restMs;
      return undefined;
    } finally {
      timer.cancel();
    }
  }
}

const NOTHING_KNOWN: ContainerFacts = {
  name: '',
  image: '',
  pod: '',
  namespace: '',
  container: '',
  labels: {},
};

function isSame(a: ContainerFacts | undefined, b: ContainerFacts | undefined): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
