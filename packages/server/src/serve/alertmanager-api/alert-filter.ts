/** The query parameters of lists of alerts and groups. */
import { createMatcher, labelValueOf, type Labels, type Matcher } from '@vedette/model';
import { parseMatcher, type Alert, type AlertMutes } from '../../alert/index.ts';
import { HandlerFault } from './api-answer.ts';

export interface AlertFilter {
  acceptsAlert(alert: Alert, mutes: AlertMutes): boolean;
  acceptsReceiver(name: string): boolean;
}

/** Throws `HandlerFault`. A flag counts as set unless it says `false`; so does Alertmanager. */
export function alertFilterOf(query: URLSearchParams, nowMs: number): AlertFilter {
  const matchers = matchersOf(query);
  const receiver = receiverPatternOf(query);
  const wants = (name: string): boolean => query.get(name) === null || isTrue(query.get(name) ?? '');
  const [active, silenced, inhibited] = [wants('active'), wants('silenced'), wants('inhibited')];
  return {
    acceptsReceiver: (name) => receiver?.(name) ?? true,
    acceptsAlert: ({ labels, endsAt }, mutes) => {
      if (endsAt !== undefined && endsAt.ms < nowMs) return false;
      const isMuted = mutes.silencedBy.length > 0 || mutes.inhibitedBy.length > 0;
      if (!active && !isMuted) return false;
      if (!silenced && mutes.silencedBy.length > 0) return false;
      if (!inhibited && mutes.inhibitedBy.length > 0) return false;
      return areMet(matchers, (name) => presentValueOf(labels, name));
    },
  };
}

/** `filter`, any number of times. Throws `HandlerFault`. */
export function matchersOf(query: URLSearchParams): readonly Matcher[] {
  return query.getAll('filter').map((text) => {
    try {
      return parseMatcher(text);
    } catch (error) {
      throw new HandlerFault(400, error instanceof Error ? error.message : String(error));
    }
  });
}

/** Whether every condition holds; a positive one wants the name to be there, unless it asks for the empty value. */
export function areMet(matchers: readonly Matcher[], valueOf: (name: string) => string | undefined): boolean {
  return matchers.every((matcher) => {
    const { name, op, value } = matcher;
    const found = valueOf(name);
    if (value === '' && (op === '=' || op === '=~' ? found === undefined : found !== undefined)) return true;
    if (op === '!=' || op === '!~') return matcher.matches(found ?? '');
    return found !== undefined && matcher.matches(found);
  });
}

function presentValueOf(labels: Labels, name: string): string | undefined {
  const value = labelValueOf(labels, name);
  return value === '' ? undefined : value;
}

function receiverPatternOf(query: URLSearchParams): ((name: string) => boolean) | undefined {
  const pattern = query.get('receiver');
  if (pattern === null || pattern === '') return undefined;
  try {
    const matcher = createMatcher('receiver', '=~', pattern);
    return (name) => matcher.matches(name);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HandlerFault(400, `failed to parse receiver param: ${reason}`);
  }
}

/** What go-openapi takes for true. */
function isTrue(text: string): boolean {
  return ['true', '1', 'yes', 'ok', 'y', 'on', 'selected', 'checked', 't', 'enabled'].includes(
    text.toLowerCase(),
  );
}
