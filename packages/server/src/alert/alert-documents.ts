/** Alerts and groups in the state store: one document each, so that a restart goes on where it was. */
import { labelsFromSorted } from '@vedette/model';
import { z } from 'zod';
import type { DocumentWrite, StateStore } from '../store/state/port.ts';
import type { Alert } from './alert.ts';
import { AlertGroup } from './alert-group.ts';
import { shortHashOf } from './short-hash.ts';

const ALERTS = 'alerts';
const GROUPS = 'alert_groups';

/** The state store takes 500 writes at once. */
const WRITES_PER_CALL_MAX = 500;

const alertTime = z.object({ ms: z.number(), text: z.string() });
const alertDocument = z.object({
  fingerprint: z.string(),
  labels: z.array(z.string()),
  annotations: z.array(z.string()),
  startsAt: alertTime,
  endsAt: alertTime.optional(),
  generatorUrl: z.string(),
});
const groupDocument = z.object({ labels: z.array(z.string()), nextFlushMs: z.number() });

export async function loadAlerts(state: StateStore): Promise<Alert[]> {
  const documents = await state.documents.list(ALERTS);
  return documents.map(({ value }) => {
    const document = alertDocument.parse(value);
    const labels = labelsFromSorted(document.labels);
    const annotations = labelsFromSorted(document.annotations);
    return { ...document, endsAt: document.endsAt, labels, annotations };
  });
}

/** The groups, still empty. */
export async function loadGroups(state: StateStore): Promise<AlertGroup[]> {
  const documents = await state.documents.list(GROUPS);
  return documents.map(({ value }) => {
    const { labels, nextFlushMs } = groupDocument.parse(value);
    return new AlertGroup(labelsFromSorted(labels), nextFlushMs);
  });
}

export function putAlert(alert: Alert): DocumentWrite {
  return { kind: 'put', collection: ALERTS, key: alert.fingerprint, value: alert };
}

export function deleteAlert({ fingerprint }: Alert): DocumentWrite {
  return { kind: 'delete', collection: ALERTS, key: fingerprint };
}

export function putGroup({ key, labels, nextFlushMs }: AlertGroup): DocumentWrite {
  const value = { labels, nextFlushMs };
  return { kind: 'put', collection: GROUPS, key: shortHashOf(key), value };
}

export function deleteGroup({ key }: AlertGroup): DocumentWrite {
  return { kind: 'delete', collection: GROUPS, key: shortHashOf(key) };
}

/** In calls of at most 500, in order. */
export async function writeAll(state: StateStore, writes: readonly DocumentWrite[]): Promise<void> {
  for (let i = 0; i < writes.length; i += WRITES_PER_CALL_MAX)
    await state.documents.write(writes.slice(i, i + WRITES_PER_CALL_MAX));
}
