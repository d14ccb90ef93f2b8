/**
 * The alert path on a virtual clock: days of alerts that come and go, over processes that are killed at enumerated
 * points, started again, reloaded and stopped; channels that refuse, hang and lie; silences; a disk that fills up and
 * a clock that is set. The model in `expectations.ts` hears of everything and says what is missing.
 *
 * One step is 15 s. In each: the weather changes, the rules are evaluated (`Detector`), time passes, and the model
 * checks. A process that was killed is followed by another over the same store after seconds or minutes.
 */
import { createMatcher, SeededRandom, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { createAlertPipeline, type AlertPipeline } from '../../packages/server/src/alert/index.ts';
import { SILENT_LOG } from '../../packages/server/src/telemetry/log.ts';
import { Channel } from './channel.ts';
import { Detector } from './detector.ts';
import { Expectations, type SilenceFact } from './expectations.ts';
import { createMemoryState, Fate, type MemoryState } from './memory-state.ts';
import {
  createWorld,
  HOUR_MS,
  MINUTE_MS,
  pick,
  SECOND_MS,
  setupOf,
  type Selector,
  type World,
} from './world.ts';

const START_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 15 * SECOND_MS;

/** Of the messages with the canary that loses them. */
const LOST_SHARE = 0.05;

/** Of a failed seed: some hours, enough to follow one group. */
const EVENTS_SHOWN = 300;

/** What is calm at the end, so that everything that is owed can be told. */
const CALM_MS = HOUR_MS;

/** Where a process may die: around everything that leaves it. */
const KILL_POINTS = [
  'send',
  'write of reservation',
  'write of record',
  'write of alerts',
  'write of alert_groups',
  'write of silences',
  'append to notifications',
  'append to silence_history',
].flatMap((point) => [`before ${point}`, `after ${point}`]);

/** Faults that must be found out: every message of a channel that is lost, every reservation that is not written. */
export const CANARIES = ['lose-messages', 'skip-reservations'] as const;

export type Canary = (typeof CANARIES)[number];

export interface SimulationOptions {
  readonly days: number;
  readonly canary?: Canary | undefined;
}

export interface SimulationOutcome {
  /** What happened, by name. */
  readonly counts: ReadonlyMap<string, number>;
}

/** Lives through one seed; rejects when a promise is broken, with the last events. */
export async function simulateAlerts(seed: number, options: SimulationOptions): Promise<SimulationOutcome> {
  return await new Simulation(seed, options.canary).run(options.days * 24 * HOUR_MS);
}

interface Life {
  readonly clock: VirtualClock;
  readonly fate: Fate;
  readonly pipeline: AlertPipeline;
  /** On the time of the simulation. */
  readonly beganMs: number;
}

class Simulation {
  readonly #seed: number;
  readonly #random: SeededRandom;
  readonly #world: World;
  readonly #channels: readonly Channel[];
  readonly #state: MemoryState;
  readonly #expectations: Expectations;
  readonly #detector: Detector;
  readonly #events: string[] = [];
  #tree = 0;
  #lives = 0;
  #life: Life | undefined;
  #killArmedMs = -Infinity;
  #fullUntilMs = -Infinity;

  constructor(seed: number, canary: Canary | undefined) {
    this.#seed = seed;
    this.#random = new SeededRandom(seed);
    this.#world = createWorld(this.#random);
    this.#channels = this.#world.channels.map(
      (spec) =>
        new Channel(spec, this.#random, (channel, notification) => {
          const { clock } = this.#living();
          if (canary === 'lose-messages' && this.#random.float() < LOST_SHARE) return;
          this.#note(`${channel.key} takes ${notification.reason} of ${notification.groupKey}`);
          this.#expectations.taken(channel, notification, { ms: this.#nowMs(), wallMs: clock.nowMs() });
        }),
    );
    this.#expectations = new Expectations(this.#world, this.#channels);
    this.#detector = new Detector(this.#world.alerts, this.#random);
    this.#state = createMemoryState({
      skipped: canary === 'skip-reservations' ? 'write of reservation' : undefined,
      onWrite: (write) => {
        if (write.collection !== 'notification_log' || write.kind !== 'put') return;
        const { logged } = write.value as { logged?: { id: string } };
        if (logged !== undefined) this.#expectations.recorded(logged.id);
      },
    });
  }

  async run(forMs: number): Promise<SimulationOutcome> {
    await this.#begin(0, START_MS);
    while (this.#nowMs() < forMs) await this.#step(true);
    this.#calmDown();
    const untilMs = this.#nowMs() + CALM_MS;
    while (this.#nowMs() < untilMs) await this.#step(false);
    const { clock, pipeline } = this.#living();
    await this.#while(pipeline.stop());
    if (clock.pendingTimerCount > 0)
      this.#fail([`${clock.pendingTimerCount} timers are left after the stop`]);
    return { counts: this.#expectations.counts };
  }

  async #step(isStormy: boolean): Promise<void> {
    if (isStormy) await this.#changeWeather();
    const { clock, pipeline, fate } = this.#living();
    // A reload can be the end.
    if (fate.isDead) return await this.#revive();
    const atMs = this.#nowMs();
    const { isFull } = this.#state;
    this.#detector.evaluate({ atMs, wallMs: clock.nowMs(), isFull, isCalm: !isStormy }, (posts) => {
      for (const { index, post } of posts)
        if (this.#expectations.alertPosted(index, post.status === 'firing', atMs))
          this.#note(`i${index} ${post.status}`);
      return pipeline.post(posts.map(({ post }) => post));
    });
    await clock.advance(STEP_MS);
    if (fate.isDead) await this.#revive();
    else this.#expectations.check(this.#nowMs(), clock.nowMs());
    if (this.#expectations.violations.length > 0) this.#fail(this.#expectations.violations);
  }

  async #begin(beganMs: number, wallMs: number): Promise<void> {
    this.#lives++;
    const clock = new VirtualClock({ startMs: wallMs, settle: settleAll });
    const fate = new Fate((point) => {
      this.#note(`killed ${point}`);
      this.#expectations.count(`killed ${point}`);
    });
    const random = new SeededRandom(this.#seed * 10_007 + this.#lives);
    const pipeline = createAlertPipeline(
      {
        clock,
        random,
        state: this.#state.over(fate),
        log: SILENT_LOG,
        metrics: createMetricsRegistry(),
      },
      this.#setup(clock, fate),
    );
    this.#life = { clock, fate, pipeline, beganMs };
    this.#killArmedMs = -Infinity;
    await pipeline.start();
    this.#detector.restart();
    this.#expectations.processStarted(this.#nowMs());
    this.#checkSilences(pipeline);
  }

  /** The next process, over what the last one left. */
  async #revive(): Promise<void> {
    const { clock } = this.#living();
    const downMs = this.#random.float() < 0.7 ? 5 * SECOND_MS : this.#random.float() * 20 * MINUTE_MS;
    const forgotten = [...this.#state.unsaved.values()].flatMap((write) => {
      if (write.collection !== 'notification_log' || write.kind !== 'put') return [];
      const { receiver: channel, groupKey } = write.value as { receiver: string; groupKey: string };
      return [{ channel, groupKey }];
    });
    this.#expectations.processDied(this.#nowMs(), forgotten);
    this.#state.unsaved.clear();
    await this.#begin(this.#nowMs() + downMs, clock.nowMs() + downMs);
  }

  async #changeWeather(): Promise<void> {
    const atMs = this.#nowMs();
    this.#changeDisk(atMs);
    for (const channel of this.#channels)
      if (this.#happens(channel.mood === 'well' ? 3 * HOUR_MS : 8 * MINUTE_MS)) this.#changeMood(channel);
    if (this.#happens(2 * HOUR_MS)) this.#silence();
    if (this.#happens(4 * HOUR_MS)) this.#unsilence();
    if (this.#happens(45 * MINUTE_MS)) this.#reload(this.#tree);
    if (this.#happens(36 * HOUR_MS)) this.#reload(1 - this.#tree);
    if (this.#happens(24 * HOUR_MS)) this.#jump();
    // A point that does not come up gives way to another.
    if (this.#happens(90 * MINUTE_MS) && atMs - this.#killArmedMs > 2 * HOUR_MS) {
      this.#living().fate.killAt = pick(this.#random, KILL_POINTS);
      this.#killArmedMs = atMs;
    }
    if (this.#happens(12 * HOUR_MS)) await this.#restart();
  }

  /** Something that comes once in so long. */
  #happens(everyMs: number): boolean {
    return this.#random.float() < STEP_MS / everyMs;
  }

  #changeDisk(atMs: number): void {
    if (this.#state.isFull && atMs >= this.#fullUntilMs) this.#state.isFull = false;
    if (this.#state.isFull || !this.#happens(24 * HOUR_MS)) return;
    this.#note('the disk is full');
    this.#expectations.count('times the disk was full');
    this.#state.isFull = true;
    this.#fullUntilMs = atMs + this.#random.float() * 40 * MINUTE_MS;
  }

  #changeMood(channel: Channel): void {
    channel.changeMood();
    this.#note(`${channel.key} ${channel.mood}`);
    if (channel.mood !== 'well') this.#expectations.count(`channels: ${channel.mood}`);
    this.#expectations.moodChanged(channel, this.#nowMs());
  }

  #silence(): void {
    const { clock, pipeline, fate } = this.#living();
    const startsAtMs = clock.nowMs();
    const endsAtMs = startsAtMs + (5 + this.#random.float() * 180) * MINUTE_MS;
    const name = pick(this.#random, ['job', 'severity', 'alertname', 'instance']);
    const selector: Selector = { [name]: pick(this.#random, this.#world.alerts)[name] ?? '' };
    const matchers = Object.entries(selector).map(([key, value]) => createMatcher(key, '=', value));
    const draft = { matchers, startsAtMs, endsAtMs, createdBy: 'somebody', comment: 'repair' };
    this.#background(pipeline.silences.set(draft), (id) => {
      if (fate.isDead) return;
      this.#note(`silence ${JSON.stringify(selector)}`);
      this.#expectations.count('silences');
      this.#expectations.silences.set(id, { id, selector, startsAtMs, endsAtMs });
    });
  }

  #unsilence(): void {
    const { clock, pipeline, fate } = this.#living();
    const { silences } = this.#expectations;
    const active = [...silences.values()].filter(({ endsAtMs }) => endsAtMs > clock.nowMs());
    if (active.length === 0) return;
    const silence = pick(this.#random, active);
    const endsAtMs = clock.nowMs();
    this.#background(pipeline.silences.expire(silence.id), () => {
      if (fate.isDead) return;
      this.#note(`silence ${JSON.stringify(silence.selector)} ends`);
      silences.set(silence.id, { ...silence, endsAtMs: Math.max(endsAtMs, silence.startsAtMs) });
    });
  }

  #reload(tree: number): void {
    const { clock, pipeline, fate } = this.#living();
    // Once in a while it ends in the middle.
    if (this.#random.float() < 0.1)
      fate.killAt = pick(
        this.#random,
        ['before', 'after'].map((when) => `${when} write of alert_groups`),
      );
    this.#note(`reload of tree ${tree}`);
    this.#expectations.count(tree === this.#tree ? 'reloads' : 'reloads of another tree');
    this.#tree = tree;
    this.#expectations.treeApplied(tree, this.#nowMs());
    this.#background(pipeline.apply(this.#setup(clock, fate)), () => undefined);
  }

  #jump(): void {
    const byMs = (this.#random.float() - 0.5) * 4 * HOUR_MS;
    this.#note(`the clock is set by ${Math.round(byMs / 1000)} s`);
    this.#expectations.count('times the clock was set');
    this.#living().clock.jumpWallClock(byMs);
    this.#expectations.clockJumped(this.#nowMs());
  }

  /** In order: what is under way ends, and the next process goes on. */
  async #restart(): Promise<void> {
    const { pipeline, fate } = this.#living();
    this.#note('restart');
    this.#expectations.count('restarts');
    await this.#while(pipeline.stop());
    fate.isDead = true;
    await this.#revive();
  }

  #calmDown(): void {
    this.#state.isFull = false;
    this.#living().fate.killAt = undefined;
    for (const channel of this.#channels) if (channel.mood !== 'well') this.#changeMood(channel);
  }

  #setup(clock: VirtualClock, fate: Fate): ReturnType<typeof setupOf> {
    const tree = this.#world.trees[this.#tree] ?? this.#fail(['no such tree']);
    return setupOf(
      tree,
      this.#channels.map((channel) => channel.receiverOf(clock, fate)),
    );
  }

  /** What was acknowledged is there; what was not may be. */
  #checkSilences(pipeline: AlertPipeline): void {
    const { silences } = this.#expectations;
    const found = new Map<string, SilenceFact>();
    for (const { id, matchers, startsAtMs, endsAtMs } of pipeline.silences.all()) {
      const selector = Object.fromEntries(matchers.map(({ name, value }) => [name, value]));
      found.set(id, { id, selector, startsAtMs, endsAtMs });
    }
    const nowMs = this.#living().clock.nowMs();
    for (const { id, endsAtMs } of silences.values())
      // An end may have been written without anybody having heard of it.
      if (endsAtMs > nowMs && !found.has(id)) this.#fail([`silence ${id} was acknowledged and is gone`]);
    this.#expectations.silences = found;
  }

  #background<T>(call: Promise<T>, then: (value: T) => void): void {
    const { isFull } = this.#state;
    call.then(then, (error: unknown) => {
      if (!isFull) this.#expectations.violations.push(`a call was refused: ${String(error)}`);
    });
  }

  /** Lets time pass until it is done. */
  async #while(call: Promise<void>): Promise<void> {
    let isDone = false;
    const done = call.then(() => (isDone = true));
    const { clock, fate } = this.#living();
    for (let seconds = 0; !isDone && !fate.isDead && seconds < 60; seconds++) await clock.advance(SECOND_MS);
    if (!fate.isDead) await done;
  }

  #living(): Life {
    return this.#life ?? this.#fail(['no process lives']);
  }

  #nowMs(): number {
    const { beganMs, clock } = this.#living();
    return beganMs + clock.monotonicMs();
  }

  #note(event: string): void {
    this.#events.push(`${Math.round(this.#nowMs() / 1000)} s: ${event}`);
    if (this.#events.length > 2 * EVENTS_SHOWN) this.#events.splice(0, EVENTS_SHOWN);
  }

  #fail(violations: readonly string[]): never {
    const events = this.#events.slice(-EVENTS_SHOWN).join('\n  ');
    throw new Error(`seed ${this.#seed}:\n  ${events}\n${violations.slice(0, 5).join('\n')}`);
  }
}

/** Nothing here waits for anything but promises: one turn of the event loop lets all of them move. */
async function settleAll(): Promise<void> {
  await new Promise<void>((resolve) => void setImmediate(resolve));
}
