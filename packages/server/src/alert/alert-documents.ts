/** Alerts and groups in the state store: one document each, so that a restart goes on where it was. */
import { labelsFromSorted } from '@vedette/model';
import { z } from 'zod';
import type { DocumentWrite, StateStore } from '../store/state/port.ts';
import type { Alert } from './alert.ts';
import { groupIdOf, type AlertGroup } from './dispatch/alert-group.ts';
import { shortHashOf } from './short-hash.ts';

const ALERTS = 'alerts';
const GROUPS = 'alert_groups';

/** The state store takes 500 writes at once. */
export const WRITES_PER_CALL_MAX = 500;

const alertTime = z.object({ ms: z.number(), text: z.string() });
const alertDocument = z.object({
  fingerprint: z.string(),
  labels: z.array(z.string()),
  annotations: z.array(z.string()),
  startsAt: alertTime,
  endsAt: alertTime.optional(),
  // Absent in documents of versions that took in our own alerts alone.
  isEndAssumed: z.boolean().default(false),
  updatedAt: alertTime.optional(),
  generatorUrl: z.string(),
  source: z.string().optional(),
});
const groupDocument = z.object({
  // Absent in documents of versions that had one route.
  routeId: z.string().default('{}'),
  labels: z.array(z.string()),
  nextFlushMs: z.number(),
  hasFlushed: z.boolean().default(true),
});

/** A group of the last run: when it is due, if its route is still there. */
export interface StoredGroup {
  readonly id: string;
  readonly nextFlushMs: number;
  readonly hasFlushed: boolean;
}

export async function loadAlerts(state: StateStore): Promise<Alert[]> {
  const documents = await state.documents.list(ALERTS);
  return documents.map(({ value }) => {
    const document = alertDocument.parse(value);
    const labels = labelsFromSorted(document.labels);
    const annotations = labelsFromSorted(document.annotations);
    const { endsAt, updatedAt = document.startsAt } = document;
    return { ...document, endsAt, updatedAt, labels, annotations };
  });
}

export async function loadGroups(state: StateStore): Promise<StoredGroup[]> {
  const documents = await state.documents.list(GROUPS);
  return documents.map(({ value }) => {
    const { routeId, labels, nextFlushMs, hasFlushed } = groupDocument.parse(value);
    return { id: groupIdOf(routeId, labelsFromSorted(labels)), nextFlushMs, hasFlushed };
  });
}

export function putAlert(alert: Alert): DocumentWrite {
  return { kind: 'put', collection: ALERTS, key: alert.fingerprint, value: alert };
}

export function deleteAlert(fingerprint: string): DocumentWrite {
  return { kind: 'delete', collection: ALERTS, key: fingerprint };
}

export function putGroup({ id, route, labels, nextFlushMs, hasFlushed }: AlertGroup): DocumentWrite {
  const value = { routeId: route.id, labels, nextFlushMs, hasFlushed };
  return { kind: 'put', collection: GROUPS, key: shortHashOf(id), value };
}

export function deleteGroup(id: string): DocumentWrite {
  return { kind: 'delete', collection: GROUPS, key: shortHashOf(id) };
}

/** In calls of at most 500, in order. */
export async function writeAll(state: StateStore, writes: readonly DocumentWrite[]): Promise<void> {
  for (let i = 0; i < writes.length; i += WRITES_PER_CALL_MAX)
    await state.documents.write(writes.slice(i, i + WRITES_PER_CALL_MAX));
}
