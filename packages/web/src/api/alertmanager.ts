import type { AlertExplanation, SilencePreview } from '@vedette/api';
import { formatMatcher, type MatcherDraft } from '../silences/matchers.ts';
import { fetchJson, send } from './http.ts';

/** The parts of Alertmanager's API v2 that the UI uses, and what stands beside it. Field names are Alertmanager's. */
export interface ManagedAlert {
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly generatorURL?: string;
  readonly receivers: readonly { readonly name: string }[];
  readonly status: {
    readonly silencedBy: readonly string[];
    /** Fingerprints. */
    readonly inhibitedBy: readonly string[];
  };
}

interface WireMatcher {
  readonly name: string;
  readonly value: string;
  readonly isRegex: boolean;
  readonly isEqual: boolean;
}

interface WireSilence {
  readonly id: string;
  readonly status: { readonly state: Silence['state'] };
  readonly matchers: readonly WireMatcher[];
  readonly startsAt: string;
  readonly endsAt: string;
  readonly createdBy: string;
  readonly comment: string;
}

export interface Silence {
  readonly id: string;
  readonly state: 'active' | 'pending' | 'expired';
  readonly matchers: readonly MatcherDraft[];
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  readonly createdBy: string;
  readonly comment: string;
}

/** A silence to be made or, with the `id` of one, to be changed. */
export type SilenceOrder = Omit<Silence, 'id' | 'state'> & { readonly id: string | undefined };

export interface AlertNarrowing {
  readonly receiver?: string | undefined;
  readonly matchers?: readonly MatcherDraft[];
}

/** Alerts that the server tells people of, those of other senders included. */
export async function fetchManagedAlerts(
  { receiver, matchers = [] }: AlertNarrowing,
  signal: AbortSignal,
): Promise<readonly ManagedAlert[]> {
  const params = new URLSearchParams(matchers.map((matcher) => ['filter', formatMatcher(matcher)]));
  // The parameter is a pattern; a link means a name.
  if (receiver !== undefined) params.set('receiver', receiver.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return (await fetchJson(`/api/v2/alerts?${params.toString()}`, { signal })) as readonly ManagedAlert[];
}

/** The groups in which people are told, with the labels that make each. */
export async function fetchAlertGroups(
  signal: AbortSignal,
): Promise<readonly { readonly labels: Readonly<Record<string, string>> }[]> {
  return (await fetchJson('/api/v2/alerts/groups', { signal })) as readonly {
    labels: Record<string, string>;
  }[];
}

/** Active ones by their end, then pending ones by their start, then expired ones, the last first. */
export async function fetchSilences(signal: AbortSignal): Promise<readonly Silence[]> {
  return ((await fetchJson('/api/v2/silences', { signal })) as readonly WireSilence[]).map(silenceOf);
}

export async function fetchSilence(id: string, signal: AbortSignal): Promise<Silence> {
  return silenceOf((await fetchJson(silencePath(id), { signal })) as WireSilence);
}

/** Returns the id: another one than before when the change made a new silence. */
export async function saveSilence({
  matchers,
  startsAtMs,
  endsAtMs,
  ...order
}: SilenceOrder): Promise<string> {
  const answer = await postJson('/api/v2/silences', {
    ...order,
    matchers: matchers.map(wireMatcherOf),
    startsAt: new Date(startsAtMs).toISOString(),
    endsAt: new Date(endsAtMs).toISOString(),
  });
  return (answer as { silenceID: string }).silenceID;
}

export async function expireSilence(id: string): Promise<void> {
  await send(silencePath(id), { method: 'DELETE' });
}

/** What a silence with these conditions would hit now. */
export async function previewSilence(
  matchers: readonly MatcherDraft[],
  signal: AbortSignal,
): Promise<SilencePreview> {
  const body = { matchers: matchers.map(wireMatcherOf) };
  return (await postJson('/api/vedette/silences/preview', body, signal)) as SilencePreview;
}

/** Who is told of an alert with these labels, and when; it need not be known to the server. */
export async function explainAlert(
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<AlertExplanation> {
  return (await postJson('/api/vedette/alerts/explain', { labels }, signal)) as AlertExplanation;
}

function silencePath(id: string): string {
  return `/api/v2/silence/${encodeURIComponent(id)}`;
}

function silenceOf({ status, matchers, startsAt, endsAt, ...wire }: WireSilence): Silence {
  return {
    id: wire.id,
    state: status.state,
    matchers: matchers.map(({ name, value, isRegex, isEqual }) => ({
      name,
      op: isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=',
      value,
    })),
    startsAtMs: Date.parse(startsAt),
    endsAtMs: Date.parse(endsAt),
    createdBy: wire.createdBy,
    comment: wire.comment,
  };
}

function wireMatcherOf({ name, op, value }: MatcherDraft): WireMatcher {
  return { name, value, isRegex: op === '=~' || op === '!~', isEqual: op === '=' || op === '=~' };
}

async function postJson(path: string, body: unknown, signal?: AbortSignal): Promise<unknown> {
  return fetchJson(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}
