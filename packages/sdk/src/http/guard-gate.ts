/**
 * The guard in front of an HTTP handler, for every framework alike: ask before it, count after it.
 *
 * 1. `admit` asks the application who acts, and the guard whether that subject may. Nobody known: the request goes on
 *    and is not counted. What is refused is tracked as such, which never counts toward a threshold.
 * 2. A slowed request waits here. Each holds its connection and its memory, so there is a cap on how long and on how
 *    many; beyond it the answer is 429 at once. One whose client goes stops waiting.
 * 3. `settle` tracks what was let through, when it is answered: by then the route is known, and the outcome.
 *
 * Whatever fails on the application's side (a subject function that throws or gives what is no subject) or in the
 * guard lets the request pass and is counted in `guard_http_failures_total{cause}`: the guard must not be what takes
 * an application down.
 */
import type { Guard, Verdict, VerdictGround } from '../guard/guard.ts';
import { SUBJECT_SCOPES, type SubjectLike } from '../guard/subject.ts';
import type { MetricsRegistry } from '../metrics/instruments.ts';
import { systemClock, type SdkClock } from '../system/system.ts';
import { actionOf, fitAction } from './action.ts';
import { addressSubjectOf } from './address-subject.ts';
import { createGateMetrics, type FailureCause, type GateMetrics } from './gate-metrics.ts';
import { methodLabelOf } from './request-meter.ts';
import { refusalOf, type Refusal, type RefusalOptions } from './refusal.ts';

/** What every framework's `guardMiddleware` takes; `Q` is what the framework calls a request. */
export interface GuardOptions<Q> extends RefusalOptions {
  /**
   * Who acts: the signed-in user, an API key. `undefined` where nobody is known: the request passes and is not
   * counted. Not asynchronous: authenticate in a middleware before this one.
   */
  readonly subject?: (request: Q) => SubjectLike | undefined | null;
  /**
   * `ip`: where `subject` knows nobody, the client's address acts (of IPv6 the /64). Off by default: behind a proxy
   * that the framework is not told to trust, every request has the proxy's address, and one abuser bans all; told to
   * trust more proxies than there are, everybody writes an address of their choice into X-Forwarded-For.
   */
  readonly fallback?: 'none' | 'ip';
  /** What is done; a template. Default: method and route template, `GET /orders/:id`. */
  readonly action?: (request: Q) => string | undefined;
  /** Where it came from. Default `http`. */
  readonly source?: string;
  /**
   * Which answers count as errors of the subject. `client`: 400 to 499, the default, for a server that fails must not
   * get those banned whom it fails. `server`: 500 and above. `both`: 400 and above.
   */
  readonly errors?: 'client' | 'server' | 'both';
  /** Longest wait of a slowed request, whatever the verdict says. Default `SLOW_MS_MAX`. */
  readonly slowMsMax?: number;
  /** Slowed requests that may wait at a time. Default `SLOW_WAITERS_MAX`. */
  readonly waitersMax?: number;
  /** Takes `guard_http_requests_total{verdict}`, `guard_http_failures_total{cause}` and `guard_http_waiting`. */
  readonly registry?: MetricsRegistry;
  /** Told of each failure that let a request pass; must not throw. */
  readonly onFailure?: (error: unknown) => void;
  readonly clock?: SdkClock;
}

// Proxies and browsers give up after 30 to 60 s; a few seconds are felt, and cost an attacker as much.
export const SLOW_MS_MAX = 5000;

// Each holds a socket, a request and an answer, about 20 kB: 20 MB.
export const SLOW_WAITERS_MAX = 1000;

/** What a framework tells of its requests. Nothing here throws. */
export interface HttpSide<Q, R> {
  methodOf(request: Q): string;
  /** The template, as far as it is known by now. */
  routeOf(request: Q): string | undefined;
  /** True when the route is known before the handler runs. */
  readonly knowsRouteEarly: boolean;
  addressOf(request: Q): string | undefined;
  /** Runs `task` when the client goes before it is answered. */
  onGone(request: Q, response: R, task: () => void): void;
}

export type Admission =
  /** The handler runs; `settle` when it has answered. */
  | { readonly kind: 'pass'; readonly subject: SubjectLike | undefined }
  | { readonly kind: 'refuse'; readonly refusal: Refusal }
  /** The challenge hook answered: with what it returned, where the framework wants that. */
  | { readonly kind: 'challenged'; readonly answer: unknown };

/** Asks the subject for more than the request; `true`: it passed, and the request goes on. */
export type Challenge<Q, R> = (request: Q, response: R, ground: VerdictGround) => unknown;

const ALLOW: Verdict = { kind: 'allow' };
const NOBODY: Admission = { kind: 'pass', subject: undefined };

export class GuardGate<Q, R> {
  readonly #guard: Guard;
  readonly #side: HttpSide<Q, R>;
  readonly #options: GuardOptions<Q>;
  readonly #challenge: Challenge<Q, R> | undefined;
  readonly #clock: SdkClock;
  readonly #metrics: GateMetrics | undefined;
  #waiting = 0;

  constructor(
    guard: Guard,
    side: HttpSide<Q, R>,
    options: GuardOptions<Q>,
    challenge: Challenge<Q, R> | undefined,
  ) {
    if (options.subject === undefined && options.fallback !== 'ip')
      throw new TypeError(
        "cannot guard requests: nothing says who acts; give subject, or fallback: 'ip' for the client's address",
      );
    this.#guard = guard;
    this.#side = side;
    this.#options = options;
    this.#challenge = challenge;
    this.#clock = options.clock ?? systemClock;
    this.#metrics = options.registry === undefined ? undefined : createGateMetrics(options.registry);
  }

  /** Synchronous unless the request is slowed or challenged. Never throws or rejects. */
  admit(request: Q, response: R): Admission | Promise<Admission> {
    const subject = this.#subjectOf(request);
    if (subject === undefined) {
      this.#metrics?.countVerdict('nobody');
      return NOBODY;
    }
    const verdict = this.#check(subject, request);
    this.#metrics?.countVerdict(verdict.kind);
    switch (verdict.kind) {
      case 'allow':
        return { kind: 'pass', subject };
      case 'slow':
        return this.#slow(request, response, subject, verdict);
      case 'challenge':
        return this.#ask(request, response, subject, verdict.ground);
      case 'refuse':
        return this.#refuse(request, subject, verdict.ground);
    }
  }

  /** Tracks what was let through. `status` is undefined when the connection went before an answer. */
  settle(request: Q, subject: SubjectLike | undefined, status: number | undefined): void {
    if (subject === undefined) return;
    this.#track(request, subject, status !== undefined && this.#isError(status) ? 'error' : 'ok');
  }

  /** The subject of a request; `undefined` when there is none, or none that can be used. */
  #subjectOf(request: Q): SubjectLike | undefined {
    try {
      const named: unknown = this.#options.subject?.(request);
      if (named !== undefined && named !== null) {
        if (isSubject(named)) return named;
        // A promise that is left alone and rejects would end the process.
        if (named instanceof Promise) named.catch(() => undefined);
        // Its text is left out: it may be a person's.
        this.#failed(
          'subject',
          new TypeError(`cannot use subject: got ${kindOf(named)}, want an id or a Subject`),
        );
        return undefined;
      }
    } catch (error) {
      this.#failed('subject', error);
      return undefined;
    }
    return this.#options.fallback === 'ip' ? addressSubjectOf(this.#side.addressOf(request)) : undefined;
  }

  #check(subject: SubjectLike, request: Q): Verdict {
    try {
      const isKnown = this.#side.knowsRouteEarly || this.#options.action !== undefined;
      return this.#guard.check(subject, isKnown ? this.#actionOf(request) : undefined);
    } catch (error) {
      this.#failed('guard', error);
      return ALLOW;
    }
  }

  #slow(
    request: Q,
    response: R,
    subject: SubjectLike,
    { delayMs, ground }: Verdict & { readonly kind: 'slow' },
  ): Admission | Promise<Admission> {
    const { slowMsMax = SLOW_MS_MAX, waitersMax = SLOW_WAITERS_MAX } = this.#options;
    // NaN and less are no wait.
    if (!(delayMs > 0)) return { kind: 'pass', subject };
    const limited = { ...ground, retryAfterMs: delayMs };
    if (this.#waiting >= waitersMax) return this.#refuse(request, subject, limited, 429);
    this.#waiting++;
    this.#metrics?.addWaiting(1);
    return new Promise((resolve) => {
      let isOver = false;
      const finish = (admit: () => Admission): void => {
        if (isOver) return;
        isOver = true;
        this.#waiting--;
        this.#metrics?.addWaiting(-1);
        resolve(admit());
      };
      const timer = this.#clock.setTimer(Math.min(delayMs, slowMsMax), () =>
        finish(() => ({ kind: 'pass', subject })),
      );
      this.#side.onGone(request, response, () => {
        timer.cancel();
        // Nobody reads the answer, but the handler must not run for nothing.
        finish(() => this.#refuse(request, subject, limited, 429));
      });
    });
  }

  #ask(request: Q, response: R, subject: SubjectLike, ground: VerdictGround): Admission | Promise<Admission> {
    const challenge = this.#challenge;
    if (challenge === undefined) return this.#refuse(request, subject, ground);
    return this.#challenged(request, subject, ground, async () => challenge(request, response, ground));
  }

  async #challenged(
    request: Q,
    subject: SubjectLike,
    ground: VerdictGround,
    ask: () => Promise<unknown>,
  ): Promise<Admission> {
    try {
      const answer = await ask();
      if (answer === true) return { kind: 'pass', subject };
      this.#track(request, subject, 'refused');
      return { kind: 'challenged', answer };
    } catch (error) {
      this.#failed('challenge', error);
      return this.#refuse(request, subject, ground);
    }
  }

  #refuse(request: Q, subject: SubjectLike, ground: VerdictGround, status?: 429): Admission {
    this.#track(request, subject, 'refused');
    const statuses = status === undefined ? {} : { statuses: { [ground.grade]: status } };
    const refusal = refusalOf(ground, this.#clock.nowMs(), { ...this.#options, ...statuses });
    return { kind: 'refuse', refusal };
  }

  #track(request: Q, subject: SubjectLike, outcome: 'ok' | 'error' | 'refused'): void {
    try {
      const { source = 'http' } = this.#options;
      this.#guard.track({ subject, action: this.#actionOf(request), source, outcome });
    } catch (error) {
      this.#failed('guard', error);
    }
  }

  #actionOf(request: Q): string {
    const method = methodLabelOf(this.#side.methodOf(request));
    try {
      const action: unknown = this.#options.action?.(request);
      if (typeof action === 'string' && action !== '') return fitAction(action);
      if (action !== undefined) this.#failed('action', new TypeError('cannot use action: want a text'));
    } catch (error) {
      this.#failed('action', error);
    }
    return actionOf(method, this.#side.routeOf(request));
  }

  #isError(status: number): boolean {
    switch (this.#options.errors ?? 'client') {
      case 'client':
        return status >= 400 && status < 500;
      case 'server':
        return status >= 500;
      case 'both':
        return status >= 400;
    }
  }

  #failed(cause: FailureCause, error: unknown): void {
    this.#metrics?.countFailure(cause);
    try {
      this.#options.onFailure?.(error);
    } catch {
      // It is told not to; nobody is left to tell.
    }
  }
}

/** A text that is not empty, or an object with a scope that exists and such a text. */
function isSubject(value: unknown): value is SubjectLike {
  if (typeof value === 'string') return value !== '';
  if (typeof value !== 'object' || value === null) return false;
  const { scope, id } = value as { readonly scope?: unknown; readonly id?: unknown };
  return typeof id === 'string' && id !== '' && (SUBJECT_SCOPES as readonly unknown[]).includes(scope);
}

function kindOf(value: unknown): string {
  if (value === '') return 'an empty text';
  return value instanceof Promise ? 'a promise' : `${typeof value} of another form`;
}
