/** What the alert stage explains, in the shape of the contract. */
import type { AlertExplanation, SilenceEvent, SilencePreview } from '@vedette/api';
import { labelsToRecord, type Matcher } from '@vedette/model';
import {
  formatAlertMatcher,
  type AlertExplanation as StageExplanation,
  type SilenceEvent as StageSilenceEvent,
  type SilencePreview as StagePreview,
} from '../../alert/index.ts';

type StageRoute = StageExplanation['routes'][number];
type StageIntegration = StageRoute['integrations'][number];

export function explanationJson(explanation: StageExplanation): AlertExplanation {
  const { alert, inhibitedBy, silencedBy, tree } = explanation;
  return {
    atMs: explanation.atMs,
    summary: explanation.summary,
    fingerprint: explanation.fingerprint,
    labels: labelsToRecord(explanation.labels),
    state: explanation.state,
    alert:
      alert === undefined
        ? null
        : {
            annotations: labelsToRecord(alert.annotations),
            startsAtMs: alert.startsAt.ms,
            endsAtMs: alert.endsAt?.ms ?? null,
            updatedAtMs: alert.updatedAt.ms,
            generatorUrl: alert.generatorUrl,
          },
    inhibitedBy: inhibitedBy.map(({ fingerprint, labels, rule: { name, source, target, equal } }) => ({
      fingerprint,
      labels: labelsToRecord(labels),
      rule: {
        name,
        source: source.map(formatAlertMatcher),
        target: target.map(formatAlertMatcher),
        equal: [...equal],
      },
    })),
    silencedBy: silencedBy.map(({ id, comment, createdBy, endsAtMs }) => ({
      id,
      comment,
      createdBy,
      endsAtMs,
    })),
    tree,
    routes: explanation.routes.map(routeJson),
  };
}

function routeJson(route: StageRoute): AlertExplanation['routes'][number] {
  const { group, quiet } = route;
  return {
    id: route.id,
    receiver: route.receiver,
    groupKey: route.groupKey,
    groupLabels: labelsToRecord(route.groupLabels),
    groupWaitMs: route.groupWaitMs,
    groupIntervalMs: route.groupIntervalMs,
    repeatIntervalMs: route.repeatIntervalMs,
    group: group ?? null,
    mutedBy:
      quiet === undefined
        ? null
        : { reason: quiet.reason, names: [...quiet.names], untilMs: quiet.untilMs ?? null },
    integrations: route.integrations.map(integrationJson),
  };
}

function integrationJson(one: StageIntegration): AlertExplanation['routes'][number]['integrations'][number] {
  const toldJson = (told: StageIntegration['told']) =>
    told === undefined ? null : { id: told.id, atMs: told.atMs, said: told.said ?? null };
  const { next } = one;
  return {
    integration: one.integration,
    index: one.index,
    sendsResolved: one.sendsResolved,
    told: toldJson(one.told),
    unconfirmed: toldJson(one.unconfirmed),
    retrying: one.retrying ?? null,
    lastError: one.lastError ?? null,
    next: { atMs: next.atMs ?? null, reason: next.reason ?? null, text: next.text },
  };
}

export function previewJson(preview: StagePreview): SilencePreview {
  return {
    firingCount: preview.firingCount,
    matchedCount: preview.matchedCount,
    mutedCount: preview.mutedCount,
    alerts: preview.alerts.map(({ alert, receivers, silencedBy, inhibitedBy }) => ({
      fingerprint: alert.fingerprint,
      labels: labelsToRecord(alert.labels),
      startsAtMs: alert.startsAt.ms,
      receivers: [...receivers],
      silencedBy: [...silencedBy],
      inhibitedBy: [...inhibitedBy],
    })),
    receivers: [...preview.receivers],
    warning: preview.warning ?? null,
  };
}

export function silenceEventJson({ atMs, kind, silence }: StageSilenceEvent): SilenceEvent {
  const { id, matchers, startsAtMs, endsAtMs, createdBy, comment, replaces = null } = silence;
  const shown = { id, matchers: matchers.map(matcherJson), startsAtMs, endsAtMs, createdBy, comment };
  return { atMs, kind, silence: { ...shown, replaces } };
}

function matcherJson({ name, op, value }: Matcher): SilenceEvent['silence']['matchers'][number] {
  return { name, value, isRegex: op === '=~' || op === '!~', isEqual: op === '=' || op === '=~' };
}
