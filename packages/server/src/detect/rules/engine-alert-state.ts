/** Alerts of another server's rules that were posted as firing: one document each, until they were posted as resolved. */
import { createHash } from 'node:crypto';
import { labelsFromSorted, labelsKeyOf, labelsOf, labelsToRecord } from '@vedette/model';
import { z } from 'zod';
import type { DocumentWrite, StateStore } from '../../store/state/port.ts';
import type { PostedAlert } from '../alert-sink.ts';

const COLLECTION = 'engine_alerts';

/** The state store takes 500 writes at once. */
const WRITES_PER_CALL_MAX = 500;

const alertDocument = z.object({
  labels: z.array(z.string()),
  annotations: z.record(z.string(), z.string()),
  startsAtMs: z.number(),
  endsAtMs: z.number(),
  generatorUrl: z.string(),
});

/** By `labelsKeyOf` their labels. */
export async function loadEngineAlerts(state: StateStore): Promise<ReadonlyMap<string, PostedAlert>> {
  const alerts = new Map<string, PostedAlert>();
  for (const { value } of await state.documents.list(COLLECTION)) {
    const { labels: flat, annotations, ...rest } = alertDocument.parse(value);
    const labels = labelsFromSorted(flat);
    alerts.set(labelsKeyOf(labels), {
      ...rest,
      status: 'firing',
      labels,
      annotations: labelsOf(annotations),
    });
  }
  return alerts;
}

export async function saveAlerts(state: StateStore, alerts: readonly PostedAlert[]): Promise<void> {
  await writeAll(
    state,
    alerts.map(({ labels, annotations, startsAtMs, endsAtMs, generatorUrl }) => ({
      kind: 'put',
      collection: COLLECTION,
      key: keyOf(labels),
      value: { labels, annotations: labelsToRecord(annotations), startsAtMs, endsAtMs, generatorUrl },
    })),
  );
}

export async function forgetAlerts(state: StateStore, alerts: readonly PostedAlert[]): Promise<void> {
  await writeAll(
    state,
    alerts.map(({ labels }) => ({ kind: 'delete', collection: COLLECTION, key: keyOf(labels) })),
  );
}

async function writeAll(state: StateStore, writes: readonly DocumentWrite[]): Promise<void> {
  for (let start = 0; start < writes.length; start += WRITES_PER_CALL_MAX)
    await state.documents.write(writes.slice(start, start + WRITES_PER_CALL_MAX));
}

/** 128 bits of SHA-256: label sets are longer than keys may be. */
function keyOf(labels: PostedAlert['labels']): string {
  return createHash('sha256').update(labelsKeyOf(labels)).digest('hex').slice(0, 32);
}
