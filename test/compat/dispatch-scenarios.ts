/**
 * Random scenarios for two alert dispatchers side by side. What happens in one lies on a grid so that no event is
 * near a tick, and who is a little late decides nothing:
 *
 * 1. Alerts are posted at whole units of time and groups wait for half units more, so that all ticks fall on half
 *    units. A scenario with alerts from before it begins (they are flushed at once) has it the other way round: groups
 *    wait for whole units, all groups are made by its first event, and all others fall on half units.
 * 2. What ends by itself ends when events happen. Repetitions fall due half-way between ticks.
 * 3. A reload comes a fifth of a unit after the grid and starts all timers anew. The unit is longer then: it takes
 *    half a second where two processors are shared.
 * 4. Each scenario has a subtree, receivers, rules and silences of its own, told apart by the label `scenario`.
 */
import { SeededRandom } from '@vedette/model';

/** How long a run with or without a reload is; in ms from its beginning. */
export interface Grid {
  readonly unitMs: number;
  /** The last event; ticks go on until `endMs`. All is over before upstream's maintenance of the first 30 s. */
  readonly eventsEndMs: number;
  readonly endMs: number;
  readonly reloadMs: number | undefined;
}

export function gridOf(hasReload: boolean): Grid {
  if (!hasReload) return { unitMs: 1000, eventsEndMs: 13_000, endMs: 18_000, reloadMs: undefined };
  return { unitMs: 2000, eventsEndMs: 18_000, endMs: 24_000, reloadMs: 6400 };
}

/** Alerts without an end end so long after they were posted; on the grid. */
export const RESOLVE_TIMEOUT_MS = 6000;

export interface RouteNode {
  readonly matchers: readonly string[];
  readonly receiver?: string;
  readonly group_by?: readonly string[];
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly continue?: boolean;
  readonly mute_time_intervals?: readonly string[];
  readonly active_time_intervals?: readonly string[];
  readonly routes?: readonly RouteNode[];
}

export interface InhibitRule {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}

/** `sendsResolved` of each of its webhooks. */
export interface ReceiverPlan {
  readonly name: string;
  readonly webhooks: readonly boolean[];
}

/** The part of a configuration that belongs to one scenario. */
export interface ScenarioConfig {
  readonly route: RouteNode;
  readonly inhibitRules: readonly InhibitRule[];
}

/** Times in ms from the beginning of the scenario; absent ones are not sent. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAtMs?: number;
  readonly endsAtMs?: number;
}

export type Action =
  | { readonly kind: 'post'; readonly alerts: readonly PostedAlert[] }
  | {
      readonly kind: 'silence';
      readonly ref: string;
      readonly matchers: readonly { name: string; value: string; isRegex: boolean; isEqual: boolean }[];
      readonly startsAtMs: number;
      readonly endsAtMs: number;
      /** Changes the silence that `ref` stands for. */
      readonly isChange: boolean;
    }
  | { readonly kind: 'expire'; readonly ref: string }
  /** From then on the webhooks of a receiver refuse for good, or take everything again. */
  | { readonly kind: 'refuse'; readonly receiver: string; readonly isRefusing: boolean };

export interface Step {
  readonly atMs: number;
  readonly action: Action;
}

export interface Scenario {
  readonly name: string;
  readonly config: ScenarioConfig;
  /** What a reload at `RELOAD_AT_MS` brings. */
  readonly reloaded: ScenarioConfig | undefined;
  readonly receivers: readonly ReceiverPlan[];
  readonly steps: readonly Step[];
}

export function generateScenario(
  name: string,
  options: { readonly seed: number; readonly hasReload: boolean },
): Scenario {
  return new Generator(name, options).scenario();
}

/** How a node may group, and how many units it may wait. */
interface Timing {
  readonly waits: readonly number[];
  readonly groupBys: readonly (readonly string[])[];
}

const GROUP_BYS = [['...'], ['alertname'], ['team'], ['team', 'sev'], ['inst', 'missing'], []];
const HALF_WAITS = [0.5, 1.5, 2.5];
const WHOLE_WAITS = [1, 2, 3];

/**
 * Upstream puts alerts into groups one by one, after a reload in no order, while a group that got an old alert is
 * flushed at once: what that flush holds is a race. So such groups have one alert each, or the old one comes last, or
 * after a reload they wait until all alerts have been put in.
 */
const SINGLE_ALERTS: Timing = { waits: HALF_WAITS, groupBys: [['...']] };
const LONG_WAIT: Timing = { waits: [2.5], groupBys: GROUP_BYS };

class Generator {
  readonly #name: string;
  readonly #random: SeededRandom;
  readonly #grid: Grid;
  /** Old alerts are there from the first event on. */
  readonly #isLate: boolean;
  /** Of those, or only the last one, which is in its groups when all others are. */
  readonly #areManyOld: boolean;
  readonly #pool: readonly Readonly<Record<string, string>>[];
  readonly #receivers: readonly ReceiverPlan[];
  readonly #silences: { ref: string; matchers: Step['action'] & { kind: 'silence' } }[] = [];

  constructor(name: string, { seed, hasReload }: { readonly seed: number; readonly hasReload: boolean }) {
    this.#name = name;
    this.#random = new SeededRandom(seed);
    this.#grid = gridOf(hasReload);
    this.#isLate = this.#chance(0.2);
    this.#areManyOld = this.#chance(0.5);
    const pool = new Map<string, Readonly<Record<string, string>>>();
    for (let i = this.#upTo(3) + 3; i > 0; i--) {
      const labels = {
        scenario: name,
        alertname: this.#pick(['Down', 'Slow']),
        team: this.#pick(['x', 'y']),
        sev: this.#pick(['critical', 'warning', 'info']),
        ...(this.#chance(0.7) ? { inst: this.#pick(['1', '2', '3']) } : {}),
      };
      pool.set(JSON.stringify(labels), labels);
    }
    this.#pool = [...pool.values()];
    this.#receivers = ['a', 'b', 'c'].map((letter) => ({
      name: `${name}-${letter}`,
      webhooks: this.#chance(0.2) ? [true, false] : [this.#chance(0.8)],
    }));
  }

  scenario(): Scenario {
    const timing = {
      waits: this.#isLate ? WHOLE_WAITS : HALF_WAITS,
      groupBys: this.#isLate && this.#areManyOld ? SINGLE_ALERTS.groupBys : GROUP_BYS,
    };
    const after = this.#isLate ? SINGLE_ALERTS : this.#pick([SINGLE_ALERTS, LONG_WAIT]);
    return {
      name: this.#name,
      config: this.#config(timing),
      reloaded: this.#grid.reloadMs === undefined ? undefined : this.#config(after),
      receivers: this.#receivers,
      steps: this.#steps(),
    };
  }

  #config(timing: Timing): ScenarioConfig {
    const route: RouteNode = {
      ...this.#node(timing, [`scenario="${this.#name}"`], 2),
      receiver: this.#pick(this.#receivers).name,
      group_by: this.#pick(timing.groupBys),
      group_wait: this.#span(timing.waits),
      group_interval: this.#interval(),
      repeat_interval: this.#repeat(),
    };
    // Upstream's dispatcher and inhibitor work side by side: whether a flush at once knows the sources is a race.
    const count = this.#grid.reloadMs !== undefined || this.#isLate ? 0 : this.#upTo(3);
    return { route, inhibitRules: Array.from({ length: count }, () => this.#inhibitRule()) };
  }

  #node(timing: Timing, matchers: readonly string[], depth: number): RouteNode {
    const conditions = this.#shuffled([
      'team="x"',
      'team!="x"',
      'sev=~"critical|warning"',
      'alertname="Down"',
      'inst=""',
      'inst!~"1|2"',
    ]).slice(0, depth === 0 ? 0 : this.#upTo(4));
    const routes = conditions.map((condition) => this.#node(timing, [condition], depth - 1));
    return {
      matchers,
      ...(this.#chance(0.7) ? { receiver: this.#pick(this.#receivers).name } : {}),
      ...(this.#chance(0.4) ? { group_by: this.#pick(timing.groupBys) } : {}),
      ...(this.#chance(0.4) ? { group_wait: this.#span(timing.waits) } : {}),
      ...(this.#chance(0.4) ? { group_interval: this.#interval() } : {}),
      ...(this.#chance(0.4) ? { repeat_interval: this.#repeat() } : {}),
      ...(this.#chance(0.3) && depth < 2 ? { continue: true } : {}),
      ...(this.#chance(0.1) ? { mute_time_intervals: [this.#pick(['always', 'never'])] } : {}),
      ...(this.#chance(0.1) ? { active_time_intervals: [this.#pick(['always', 'never'])] } : {}),
      ...(routes.length > 0 ? { routes } : {}),
    };
  }

  #interval(): string {
    return this.#span([1, 2, 3]);
  }

  #span(units: readonly number[]): string {
    return `${this.#pick(units) * this.#grid.unitMs}ms`;
  }

  #repeat(): string {
    return this.#chance(0.4) ? '1h' : this.#span([1.5, 2.5, 4.5]);
  }

  #inhibitRule(): InhibitRule {
    const own = `scenario="${this.#name}"`;
    const side = (): string =>
      this.#pick([
        'sev="critical"',
        'sev!="critical"',
        'sev=~"warning|info"',
        'alertname="Down"',
        'team="x"',
      ]);
    return {
      source_matchers: [own, side()],
      target_matchers: [own, side()],
      equal: this.#pick([[], ['team'], ['inst'], ['alertname', 'team'], ['missing']]),
    };
  }

  #steps(): readonly Step[] {
    const steps: Step[] = [];
    const { unitMs, eventsEndMs } = this.#grid;
    const beginMs = this.#isLate ? unitMs / 2 : unitMs;
    if (this.#isLate) {
      // All of them, so that no group is made later; the old ones as old as the hills.
      const isOld = (i: number): boolean =>
        this.#areManyOld ? this.#chance(0.5) : i === this.#pool.length - 1;
      const alerts = this.#pool.map((labels, i) => this.#alert(labels, isOld(i) ? -60_000 : 0));
      steps.push({ atMs: 0, action: { kind: 'post', alerts } });
    }
    for (let atMs = beginMs; atMs <= eventsEndMs; atMs += unitMs)
      for (let count = this.#upTo(3); count > 0; count--) steps.push({ atMs, action: this.#action(atMs) });
    return steps;
  }

  #action(atMs: number): Action {
    const kind = this.#pick([
      'fire',
      'fire',
      'fire',
      'resolve',
      'resolve',
      'silence',
      'change',
      'expire',
      'refuse',
    ]);
    if (kind === 'fire') return this.#post((labels) => this.#alert(labels, atMs));
    if (kind === 'silence' || kind === 'change') return this.#silence(atMs, kind === 'change');
    if (kind === 'refuse')
      return { kind, receiver: this.#pick(this.#receivers).name, isRefusing: this.#chance(0.4) };
    const known = this.#silences.at(-1);
    if (kind === 'expire' && known !== undefined) return { kind, ref: known.ref };
    const endsAtMs = atMs - this.#pick([0, 0, 250]);
    return this.#post((labels) => ({ labels, annotations: {}, startsAtMs: endsAtMs, endsAtMs }));
  }

  #post(alertOf: (labels: Readonly<Record<string, string>>) => PostedAlert): Action {
    return {
      kind: 'post',
      alerts: this.#shuffled(this.#pool)
        .slice(0, this.#upTo(3) + 1)
        .map(alertOf),
    };
  }

  /** Fires until somebody says otherwise, for a while, or until resolve_timeout. */
  #alert(labels: Readonly<Record<string, string>>, startsAtMs: number): PostedAlert {
    const end = this.#pick(['far', 'far', 'near', 'none'] as const);
    const beginMs = Math.max(startsAtMs, this.#isLate && startsAtMs <= 0 ? this.#grid.unitMs / 2 : 0);
    return {
      labels,
      annotations: this.#chance(0.3) ? { note: this.#pick(['1', '2', 'ü <&>']) } : {},
      ...(startsAtMs < 0 || this.#chance(0.5) ? { startsAtMs } : {}),
      ...(end === 'none'
        ? {}
        : { endsAtMs: end === 'far' ? 3_600_000 : beginMs + (this.#upTo(6) + 1) * this.#grid.unitMs }),
    };
  }

  #silence(atMs: number, wantsChange: boolean): Action {
    const known = wantsChange ? this.#silences.at(-1) : undefined;
    const startsAtMs = known?.matchers.startsAtMs ?? atMs + this.#pick([0, 0, 1, 2]) * this.#grid.unitMs;
    const conditions = this.#pick([
      [{ name: 'team', value: 'x', isRegex: false, isEqual: true }],
      [{ name: 'sev', value: 'critical|info', isRegex: true, isEqual: true }],
      [{ name: 'alertname', value: 'Down', isRegex: false, isEqual: false }],
      [],
    ]);
    const action = {
      kind: 'silence' as const,
      ref: known?.ref ?? `${this.#name}/${this.#silences.length}`,
      matchers:
        known !== undefined && this.#chance(0.7)
          ? known.matchers.matchers
          : [{ name: 'scenario', value: this.#name, isRegex: false, isEqual: true }, ...conditions],
      startsAtMs,
      endsAtMs: Math.max(atMs, startsAtMs) + (this.#upTo(5) + 1) * this.#grid.unitMs,
      isChange: known !== undefined,
    };
    if (known === undefined) this.#silences.push({ ref: action.ref, matchers: action });
    return action;
  }

  #pick<T>(choices: readonly T[]): T {
    const choice = choices[this.#upTo(choices.length)];
    if (choice === undefined) throw new Error('nothing to pick from');
    return choice;
  }

  /** A whole number from 0 to below `end`. */
  #upTo(end: number): number {
    return Math.floor(this.#random.float() * end);
  }

  #chance(share: number): boolean {
    return this.#random.float() < share;
  }

  #shuffled<T>(list: readonly T[]): T[] {
    return list
      .map((one) => ({ one, rank: this.#random.float() }))
      .sort((a, b) => a.rank - b.rank)
      .map(({ one }) => one);
  }
}
