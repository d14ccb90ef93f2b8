/**
 * Alerts of rules on disk, one document per alert, so that a restart continues exactly where the
 * process was killed. Written when something that matters changes (state and its times), not at each
 * evaluation: a value that moves every 15 s would cost an fsync each time and restores nothing.
 */
import { createHash } from 'node:crypto';
import { labelsFromSorted, labelsKeyOf, labelsOf, labelsToRecord } from '@vedette/model';
import { z } from 'zod';
import type { DocumentWrite, StateStore } from '../../store/state/port.ts';
import type { Alert } from './alert-state.ts';
import type { Rule, RuleGroup } from './rule.ts';

const ALERTS = 'rule_alerts';
const MARKS = 'rule_marks';

/** The state store takes 500 writes at once. */
const WRITES_PER_CALL_MAX = 500;

const alertDocument = z.object({
  labels: z.array(z.string()),
  annotations: z.record(z.string(), z.string()),
  /** A number as text: JSON has neither NaN nor infinities. */
  value: z.string(),
  activeAtMs: z.number(),
  lastSentMs: z.number().optional(),
  state: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('pending') }),
    z.object({ kind: z.literal('firing'), sinceMs: z.number(), keepFiringSinceMs: z.number().optional() }),
    z.object({ kind: z.literal('resolved'), sinceMs: z.number(), atMs: z.number() }),
  ]),
});

/**
 * Identity of a rule across reloads and restarts, as upstream: place, name and labels. Who moves a
 * threshold keeps the alerts that are above it; expression, `for` and annotations may change freely.
 * `occurrence` tells equal rules of one group apart.
 */
export function ruleIdOf(group: RuleGroup, rule: Rule, occurrence: number): string {
  const identity = [group.file, group.name, rule.kind, rule.name, rule.labels, occurrence];
  return shortHashOf(JSON.stringify(identity));
}

/** The alerts of each rule by `labelsKeyOf` their labels, and whether this store ever held rule state. */
export async function loadRuleState(
  state: StateStore,
): Promise<{ alerts: Map<string, Map<string, Alert>>; isFirstStart: boolean }> {
  const [documents, mark] = await Promise.all([
    state.documents.list(ALERTS),
    state.documents.find(MARKS, 'started'),
  ]);
  const alerts = new Map<string, Map<string, Alert>>();
  for (const { key, value } of documents) {
    const ruleId = key.slice(0, key.indexOf('/'));
    const alert = alertOf(alertDocument.parse(value));
    const ofRule = alerts.get(ruleId) ?? new Map<string, Alert>();
    alerts.set(ruleId, ofRule.set(labelsKeyOf(alert.labels), alert));
  }
  return { alerts, isFirstStart: mark === undefined };
}

/** From now on a rule without documents had no alerts; before, its past must be asked of the samples. */
export async function markStarted(state: StateStore, atMs: number): Promise<void> {
  await state.documents.write([{ kind: 'put', collection: MARKS, key: 'started', value: { atMs } }]);
}

/** What is on disk of one rule, and how it follows what is in memory. */
export class SavedAlerts {
  readonly #state: StateStore;
  readonly #ruleId: string;
  /** What matters of each saved alert, as text. */
  readonly #saved = new Map<string, string>();

  constructor(state: StateStore, ruleId: string, saved: ReadonlyMap<string, Alert>) {
    this.#state = state;
    this.#ruleId = ruleId;
    for (const [key, alert] of saved) this.#saved.set(key, signatureOf(alert));
  }

  /** Writes what changed. When it rejects, the next call writes what is still missing. */
  async save(alerts: ReadonlyMap<string, Alert>): Promise<void> {
    const changed = [...alerts].filter(([key, alert]) => this.#saved.get(key) !== signatureOf(alert));
    const removed = [...this.#saved.keys()].filter((key) => !alerts.has(key));
    const writes: { key: string; write: DocumentWrite }[] = [
      ...changed.map(([key, alert]) => ({
        key,
        write: { ...this.#place(key), kind: 'put' as const, value: documentOf(alert) },
      })),
      ...removed.map((key) => ({ key, write: { ...this.#place(key), kind: 'delete' as const } })),
    ];
    for (let i = 0; i < writes.length; i += WRITES_PER_CALL_MAX) {
      const part = writes.slice(i, i + WRITES_PER_CALL_MAX);
      await this.#state.documents.write(part.map(({ write }) => write));
      for (const { key } of part) this.#note(key, alerts.get(key));
    }
  }

  #note(key: string, alert: Alert | undefined): void {
    if (alert === undefined) this.#saved.delete(key);
    else this.#saved.set(key, signatureOf(alert));
  }

  #place(key: string): { collection: string; key: string } {
    return { collection: ALERTS, key: `${this.#ruleId}/${shortHashOf(key)}` };
  }
}

function signatureOf(alert: Alert): string {
  return JSON.stringify([alert.activeAtMs, alert.state]);
}

function documentOf(alert: Alert): z.infer<typeof alertDocument> {
  return {
    labels: [...alert.labels],
    annotations: labelsToRecord(alert.annotations),
    value: String(alert.value),
    activeAtMs: alert.activeAtMs,
    lastSentMs: alert.lastSentMs,
    state: alert.state,
  };
}

function alertOf(document: z.infer<typeof alertDocument>): Alert {
  const { state } = document;
  return {
    labels: labelsFromSorted(document.labels),
    annotations: labelsOf(document.annotations),
    value: Number(document.value),
    activeAtMs: document.activeAtMs,
    lastSentMs: document.lastSentMs,
    state: state.kind === 'firing' ? { ...state, keepFiringSinceMs: state.keepFiringSinceMs } : state,
  };
}

function shortHashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
