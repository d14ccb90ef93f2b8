/** The query parameters of lists of alerts, groups, receivers and silences. */
import { createMatcher, labelValueOf, type Matcher } from '@vedette/model';
import { parseMatcher, type Alert, type AlertMutes } from '../../alert/index.ts';
import { HandlerFault } from './api-answer.ts';
import { goRegexpReason } from './go-regexp.ts';

/** A configured receiver, as filters see it. */
export interface ReceiverView {
  readonly name: string;
  /** Its name among them. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface AlertFilter {
  acceptsAlert(alert: Alert, mutes: AlertMutes): boolean;
  acceptsReceiver(name: string): boolean;
}

/** Throws `HandlerFault`. */
export function alertFilterOf(
  query: URLSearchParams,
  { nowMs, receivers }: { readonly nowMs: number; readonly receivers: readonly ReceiverView[] },
): AlertFilter {
  const matchers = matchersOf(query, 'filter');
  const isNamed = receiverPatternOf(query);
  const accepted = acceptedReceivers(query, receivers);
  const [active, silenced, inhibited] = [
    flagOf(query, 'active'),
    flagOf(query, 'silenced'),
    flagOf(query, 'inhibited'),
  ];
  return {
    acceptsReceiver: (name) => (isNamed?.(name) ?? true) && (accepted?.has(name) ?? true),
    acceptsAlert: ({ labels, endsAt }, mutes) => {
      if (endsAt !== undefined && endsAt.ms < nowMs) return false;
      const isMuted = mutes.silencedBy.length > 0 || mutes.inhibitedBy.length > 0;
      if (!active && !isMuted) return false;
      if (!silenced && mutes.silencedBy.length > 0) return false;
      if (!inhibited && mutes.inhibitedBy.length > 0) return false;
      return areMet(matchers, (name) => labelValueOf(labels, name));
    },
  };
}

/** The receivers that `receiver_matchers` ask for. Throws `HandlerFault`. */
export function receiversIn(
  query: URLSearchParams,
  receivers: readonly ReceiverView[],
): readonly ReceiverView[] {
  const accepted = acceptedReceivers(query, receivers);
  return accepted === undefined ? receivers : receivers.filter(({ name }) => accepted.has(name));
}

/** A parameter with conditions, any number of times. Throws `HandlerFault`. */
export function matchersOf(query: URLSearchParams, name: string): readonly Matcher[] {
  return query.getAll(name).map((text) => {
    try {
      return parseMatcher(text);
    } catch (error) {
      throw new HandlerFault(
        400,
        goRegexpReason(error, patternIn(text), (pattern) => `^(?:${pattern})$`),
      );
    }
  });
}

/** Whether a flag is set: absent and empty ones are, and of several the last one counts. */
export function flagOf(query: URLSearchParams, name: string): boolean {
  const text = query.getAll(name).at(-1) ?? '';
  return text === '' || isTrue(text);
}

/** `undefined`: all. */
function acceptedReceivers(
  query: URLSearchParams,
  receivers: readonly ReceiverView[],
): ReadonlySet<string> | undefined {
  const matchers = matchersOf(query, 'receiver_matchers');
  if (matchers.length === 0) return undefined;
  const isMet = ({ labels }: ReceiverView): boolean =>
    areMet(matchers, (name) => (Object.hasOwn(labels, name) ? (labels[name] ?? '') : ''));
  return new Set(receivers.filter(isMet).map(({ name }) => name));
}

/**
 * Whether every condition holds; an absent label has the empty value. `a!=""` holds where `a` is there, `a=""` where
 * it is not, and so do their regular kin.
 */
function areMet(matchers: readonly Matcher[], valueOf: (name: string) => string): boolean {
  return matchers.every((matcher) => {
    const value = valueOf(matcher.name);
    const isNegative = matcher.op === '!=' || matcher.op === '!~';
    if (matcher.value === '' && isNegative === (value !== '')) return true;
    return matcher.matches(value);
  });
}

function receiverPatternOf(query: URLSearchParams): ((name: string) => boolean) | undefined {
  const pattern = query.getAll('receiver').at(-1) ?? '';
  if (pattern === '') return undefined;
  try {
    const matcher = createMatcher('receiver', '=~', pattern);
    return (name) => matcher.matches(name);
  } catch (error) {
    const reason = goRegexpReason(error, pattern, (text) => `^(?:${text})$`);
    throw new HandlerFault(400, `failed to parse receiver param: ${reason}`);
  }
}

/** The value of a condition in its usual spelling, which messages quote. */
function patternIn(text: string): string {
  return /[=!]~\s*"?(.*?)"?\s*$/s.exec(text)?.[1] ?? '';
}

/** What go-openapi takes for true. */
function isTrue(text: string): boolean {
  return ['true', '1', 'yes', 'ok', 'y', 'on', 'selected', 'checked', 't', 'enabled'].includes(
    text.toLowerCase(),
  );
}
