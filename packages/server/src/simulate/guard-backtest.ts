/**
 * What policies would have done: stored actions, judged again by the code of the running server on a virtual clock, by
 * the policies that are asked about and by those in force, side by side over one reading.
 *
 * 1. The clock is the newest action so far: rows come in the order of arrival, those of one second are judged together,
 *    a late one with the second in which it arrived. Decisions are made at the end of their second and keep actions out
 *    from then on, as they reach an application within a second.
 * 2. Every policy that is not off is judged as if it were enforced: what a policy in shadow would do is the question.
 *    Allow list, ladder and brake are those in force; their jitter is off, so the same rows give the same answer.
 * 3. While a refusal holds in one rule set, further actions of the subject do not count there. What was stored as refused
 *    is an action like others when nothing holds: the policies that refused it may not be those that are judged. So the
 *    policies in force are judged again, too, and not read from the log of decisions.
 * 4. Reading begins the longest window before the range, with decisions: who was refused just before it is in it.
 *
 * What cannot be known: how the load moved thresholds (they stand as written), what somebody would have done who was not
 * refused, and what people decided by hand; refusals by hand or by an alert are read as actions.
 *
 * Sketch: 7.5 µs of processor time a row for both rule sets (300,000 rows of 20,000 subjects, 50 a second, Node 26, 2
 * cores). A rule set takes up to 110 MB: three windows of 250,000 subjects, the journal, the suspects.
 *
 * Rejected: workers (the store is read on this thread), and a run over several requests (state that somebody must
 * clean up).
 */
import {
  ExecutionError,
  TimeoutError,
  UnavailableError,
  type Clock,
  type Random,
  type Slicer,
} from '@vedette/model';
import type { ActionCount } from '@vedette/sdk';
import type { BehaviourLimits, Policy } from '../detect/index.ts';
import type { GuardSetup } from '../respond/index.ts';
import type { ActionStore } from '../store/actions/port.ts';
import { reportOf, type BacktestReport } from './backtest-report.ts';
import { RuleSet } from './backtest-rule-set.ts';

// Beyond a month nobody keeps single actions, and what the answer rests on is another application.
const RANGE_MS_MAX = 31 * 86_400_000;

// Below the five minutes after which fetch gives up on a server that is silent; some 30 million rows.
const BACKTEST_MS_MAX = 240_000;

// 30 MB of notes for each of two rule sets. More refusals than that are not read by anybody: the policy is wrong.
const SUBJECTS_NOTED_MAX = 100_000;

// Upkeep of tables, which changes no count: every second, as in the server, it was most of the work of a quiet week.
const TICK_MS = 60_000;

export interface GuardBacktestDeps {
  /** For slices and the time limit; no judgement reads it. */
  readonly clock: Clock;
  /** Keys the hashes of subjects: nobody can have made ids that fall together. */
  readonly random: Random;
  readonly createSlicer: () => Slicer;
  readonly actions: Pick<ActionStore, 'read'>;
}

export interface GuardBacktestRequest {
  /** Those that are asked about. */
  readonly policies: readonly Policy[];
  /** With what they are compared, and the settings for both. */
  readonly inForce: GuardSetup;
  readonly limits: BehaviourLimits;
  /** Inclusive. */
  readonly fromMs: number;
  /** Exclusive. */
  readonly toMs: number;
  /** Subjects that the report names; of the others it has the number. */
  readonly subjectsMax: number;
}

export interface GuardBacktest {
  /**
   * One at a time: `UnavailableError` (VED_GUARD_BUSY) while another one runs. Rejects with the signal's reason when it
   * aborts, with `ExecutionError` or `TimeoutError` (VED_GUARD_BACKTEST_LIMIT) at a limit.
   */
  run(request: GuardBacktestRequest, signal: AbortSignal): Promise<BacktestReport>;
}

export function createGuardBacktest(deps: GuardBacktestDeps): GuardBacktest {
  let isRunning = false;
  return {
    run: async (request, signal) => {
      if (isRunning)
        throw new UnavailableError(
          'VED_GUARD_BUSY',
          'cannot backtest: another backtest runs, and one runs at a time; try again when it has ended',
        );
      assertRange(request);
      isRunning = true;
      try {
        return await new Replay(deps, request, signal).run();
      } finally {
        isRunning = false;
      }
    },
  };
}

function assertRange({ fromMs, toMs }: GuardBacktestRequest): void {
  if (toMs - fromMs > 0 && toMs - fromMs <= RANGE_MS_MAX) return;
  throw new ExecutionError(
    'VED_GUARD_BACKTEST_LIMIT',
    `cannot backtest: the range must be longer than 0 and at most 31 days; got ${(toMs - fromMs) / 1000} s`,
  );
}

class Replay {
  readonly #deps: GuardBacktestDeps;
  readonly #request: GuardBacktestRequest;
  readonly #signal: AbortSignal;
  readonly #slicer: Slicer;
  readonly #startedMs: number;
  readonly #candidate: RuleSet;
  readonly #inForce: RuleSet;
  /** Of the virtual clock; the second in which it stands. */
  #nowMs = Number.NEGATIVE_INFINITY;
  #second = Number.NEGATIVE_INFINITY;
  #tickMs = Number.NEGATIVE_INFINITY;
  #firstRowMs: number | undefined;
  #rowCount = 0;
  #actionCount = 0;

  constructor(deps: GuardBacktestDeps, request: GuardBacktestRequest, signal: AbortSignal) {
    const { policies, inForce, limits, fromMs } = request;
    const common = { settings: inForce.settings, limits, fromMs, notesMax: SUBJECTS_NOTED_MAX };
    this.#deps = deps;
    this.#request = request;
    this.#signal = signal;
    this.#slicer = deps.createSlicer();
    this.#startedMs = deps.clock.monotonicMs();
    this.#candidate = new RuleSet(deps, { ...common, policies });
    this.#inForce = new RuleSet(deps, { ...common, policies: inForce.policies });
  }

  async run(): Promise<BacktestReport> {
    const { fromMs, toMs, subjectsMax } = this.#request;
    const warmUpMs = Math.max(this.#candidate.longestWindowMs, this.#inForce.longestWindowMs);
    for await (const rows of this.#deps.actions.read({ fromMs: fromMs - warmUpMs, toMs }, this.#signal)) {
      // The store took time of this slice to decode them.
      await this.#rest();
      await this.#replay(rows);
    }
    await this.#endSecond();
    return await reportOf(
      {
        range: { fromMs, toMs },
        read: { firstRowMs: this.#firstRowMs, rowCount: this.#rowCount, actionCount: this.#actionCount },
        candidate: this.#candidate,
        inForce: this.#inForce,
      },
      { subjectsMax, rest: this.#restWhenDue },
    );
  }

  async #replay(rows: readonly ActionCount[]): Promise<void> {
    for (const row of rows) {
      const due = this.#restWhenDue();
      if (due !== undefined) await due;
      if (Math.floor(row.atMs / 1000) > this.#second) await this.#beginSecond(row.atMs);
      this.#nowMs = Math.max(this.#nowMs, row.atMs);
      this.#firstRowMs = Math.min(this.#firstRowMs ?? row.atMs, row.atMs);
      if (row.atMs >= this.#request.fromMs) {
        this.#rowCount++;
        this.#actionCount += row.count;
      }
      this.#candidate.take(row);
      this.#inForce.take(row);
    }
  }

  async #beginSecond(nowMs: number): Promise<void> {
    await this.#endSecond();
    this.#nowMs = nowMs;
    this.#second = Math.floor(nowMs / 1000);
    for (const rules of [this.#candidate, this.#inForce]) {
      while (!rules.expireSome(nowMs)) await this.#restWhenDue();
      if (nowMs - this.#tickMs < TICK_MS) continue;
      rules.tick(nowMs);
      // Through tables of a quarter of a million subjects it takes most of a slice.
      await this.#rest();
    }
    if (nowMs - this.#tickMs >= TICK_MS) this.#tickMs = nowMs;
  }

  async #endSecond(): Promise<void> {
    for (const rules of [this.#candidate, this.#inForce])
      for (const crossing of rules.takeCrossings()) {
        rules.judge(crossing, this.#nowMs);
        const due = this.#restWhenDue();
        if (due !== undefined) await due;
      }
  }

  /** No promise when there is nothing to wait for: asked for every row. */
  readonly #restWhenDue = (): Promise<void> | undefined =>
    this.#slicer.shouldYield() ? this.#rest() : undefined;

  async #rest(): Promise<void> {
    this.#signal.throwIfAborted();
    if (this.#deps.clock.monotonicMs() - this.#startedMs > BACKTEST_MS_MAX)
      throw new TimeoutError(
        'VED_GUARD_BACKTEST_LIMIT',
        `cannot backtest: it took longer than ${BACKTEST_MS_MAX / 1000} s (BACKTEST_MS_MAX), ${this.#rowCount} rows of the range were read; ask about a shorter one`,
      );
    await this.#slicer.yield();
  }
}
