/**
 * The life of one alert of one rule, as a pure function of time and of what the expression returned.
 *
 *     (nothing) ──present──▶ pending ──present, for has passed──▶ firing ──absent──▶ resolved ──15 min──▶ (nothing)
 *                               └──absent──▶ (nothing)               └ keep_firing_for delays this ┘
 *
 * 1. An alert that appears is pending; with `for: 0` it fires in the same evaluation, otherwise in the
 *    first evaluation at which `at − activeAt ≥ for`. Pending that goes absent was never announced and
 *    leaves no trace.
 * 2. A firing alert whose series is gone keeps firing for `keep_firing_for`, counted from the first
 *    evaluation without it, and then resolves.
 * 3. A resolved alert stays for a while so that its resolution is sent again; if the series returns it
 *    is a new alert with a new start.
 *
 * Unlike upstream a firing alert does not fall back to pending when `for` is raised: it was announced,
 * and only the expression can take that back.
 */
import type { Labels } from '@vedette/model';

export interface Alert {
  readonly labels: Labels;
  /** As expanded at the last evaluation that returned the series. */
  readonly annotations: Labels;
  readonly value: number;
  /** The evaluation at which the series appeared. */
  readonly activeAtMs: number;
  readonly state: AlertState;
  /** When the sink last took it; `undefined`: not yet since this state machine was created. */
  readonly lastSentMs: number | undefined;
}

export type AlertState =
  | { readonly kind: 'pending' }
  | {
      readonly kind: 'firing';
      readonly sinceMs: number;
      /** The first evaluation without the series, while keep_firing_for holds the alert. */
      readonly keepFiringSinceMs: number | undefined;
    }
  | { readonly kind: 'resolved'; readonly sinceMs: number; readonly atMs: number };

/** What the expression says of one label set now. */
export type PresentAlert = Pick<Alert, 'labels' | 'annotations' | 'value'>;

export interface AlertTiming {
  readonly forMs: number;
  readonly keepFiringForMs: number;
  /** True: that a series is absent means nothing now, and its alert stays as it is. */
  readonly isAbsenceIgnored?: boolean;
}

/** As upstream: a resolution is repeated for 15 minutes, in case its receiver was away. */
export const RESOLVED_RETENTION_MS = 15 * 60_000;

/** One evaluation. Keys identify label sets; neither map is changed. */
export function stepAlerts(
  timing: AlertTiming,
  active: ReadonlyMap<string, Alert>,
  present: ReadonlyMap<string, PresentAlert>,
  atMs: number,
): Map<string, Alert> {
  const next = new Map<string, Alert>();
  for (const [key, now] of present) next.set(key, stepPresent(timing, active.get(key), now, atMs));
  for (const [key, alert] of active) {
    if (present.has(key)) continue;
    const kept = timing.isAbsenceIgnored === true ? alert : stepAbsent(timing, alert, atMs);
    if (kept !== undefined) next.set(key, kept);
  }
  return next;
}

function stepPresent(timing: AlertTiming, before: Alert | undefined, now: PresentAlert, atMs: number): Alert {
  if (before === undefined || before.state.kind === 'resolved') {
    const state: AlertState = timing.forMs === 0 ? firingSince(atMs) : { kind: 'pending' };
    return { ...now, activeAtMs: atMs, state, lastSentMs: undefined };
  }
  const kept = { ...before, annotations: now.annotations, value: now.value };
  if (before.state.kind === 'firing') return { ...kept, state: firingSince(before.state.sinceMs) };
  const isDue = atMs - before.activeAtMs >= timing.forMs;
  return { ...kept, state: isDue ? firingSince(atMs) : before.state };
}

function stepAbsent(timing: AlertTiming, alert: Alert, atMs: number): Alert | undefined {
  const { state } = alert;
  switch (state.kind) {
    case 'pending':
      return undefined;
    case 'resolved':
      return isEndSaid(alert) && atMs - state.atMs > RESOLVED_RETENTION_MS ? undefined : alert;
    case 'firing': {
      const keepFiringSinceMs = state.keepFiringSinceMs ?? atMs;
      if (timing.keepFiringForMs > 0 && atMs - keepFiringSinceMs < timing.keepFiringForMs)
        return { ...alert, state: { ...state, keepFiringSinceMs } };
      return resolve(alert, state.sinceMs, atMs);
    }
  }
}

/** An end that the sink has not taken is kept for as long as that lasts: nobody else would say it. */
function isEndSaid({ state, lastSentMs }: Alert): boolean {
  return state.kind === 'resolved' && lastSentMs !== undefined && lastSentMs >= state.atMs;
}

/** What remains of alerts whose rule is removed or has run over its limit: the firing ones, resolved. */
export function resolveAll(active: ReadonlyMap<string, Alert>, atMs: number): Map<string, Alert> {
  const resolved = new Map<string, Alert>();
  for (const [key, alert] of active) {
    if (alert.state.kind === 'firing') resolved.set(key, resolve(alert, alert.state.sinceMs, atMs));
    else if (alert.state.kind === 'resolved') resolved.set(key, alert);
  }
  return resolved;
}

/** Whether the sink is due to hear of it: at once after a change, then every `resendDelayMs`. */
export function needsSending(alert: Alert, atMs: number, resendDelayMs: number): boolean {
  const { state, lastSentMs } = alert;
  if (state.kind === 'pending') return false;
  if (lastSentMs === undefined) return true;
  if (state.kind === 'resolved' && state.atMs > lastSentMs) return true;
  // A clock that was set back while the process was down leaves a last time in the future.
  return atMs < lastSentMs || atMs - lastSentMs >= resendDelayMs;
}

/**
 * The wall clock was set by `byMs`: spans that are being waited for are kept, so that nothing fires or
 * resolves because of it. When an alert began to fire stays what was announced.
 */
export function shiftWaiting(alert: Alert, byMs: number): Alert {
  const lastSentMs = alert.lastSentMs === undefined ? undefined : alert.lastSentMs + byMs;
  const { state } = alert;
  if (state.kind === 'pending') return { ...alert, activeAtMs: alert.activeAtMs + byMs, lastSentMs };
  if (state.kind === 'resolved' || state.keepFiringSinceMs === undefined) return { ...alert, lastSentMs };
  const keepFiringSinceMs = state.keepFiringSinceMs + byMs;
  return { ...alert, state: { ...state, keepFiringSinceMs }, lastSentMs };
}

/** A clock that was set back while the process was down must not let a span run for hours: it begins now. */
export function notAhead(alert: Alert, atMs: number): Alert {
  const { state } = alert;
  switch (state.kind) {
    case 'pending':
      return alert.activeAtMs > atMs ? { ...alert, activeAtMs: atMs } : alert;
    case 'firing':
      if (state.keepFiringSinceMs === undefined || state.keepFiringSinceMs <= atMs) return alert;
      return { ...alert, state: { ...state, keepFiringSinceMs: atMs } };
    case 'resolved':
      return state.atMs > atMs ? { ...alert, state: { ...state, atMs } } : alert;
  }
}

function firingSince(sinceMs: number): AlertState {
  return { kind: 'firing', sinceMs, keepFiringSinceMs: undefined };
}

function resolve(alert: Alert, sinceMs: number, atMs: number): Alert {
  return { ...alert, state: { kind: 'resolved', sinceMs, atMs } };
}
