import { readFile, stat } from 'node:fs/promises';
import { InputError } from '@vedette/model';
import type { AlertIdentity } from '../../respond/index.ts';

// What a webhook sends of a large outage; thousands of alerts.
const FILE_BYTES_MAX = 8 * 1024 * 1024;

// More than anybody reads.
const ALERTS_MAX = 1000;

/**
 * Alerts of a JSON file: one, a list, Alertmanager's webhook, or what `GET /api/v1/alerts` answers. Rejects with
 * `InputError`; `shownAs` is the file's name for the message.
 */
export async function readAlerts(file: string, shownAs: string): Promise<readonly AlertIdentity[]> {
  const refuse = (reason: string, cause?: unknown): InputError =>
    new InputError('VED_RUNBOOK_INVALID', `cannot read alerts from "${shownAs}": ${reason}`, { cause });
  let value: unknown;
  try {
    const { size } = await stat(file);
    if (size > FILE_BYTES_MAX) throw new Error(`got ${size} bytes, want at most ${FILE_BYTES_MAX}`);
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error), error);
  }
  const alerts = listOf(value);
  if (alerts.length === 0) throw refuse('there is none in it');
  if (alerts.length > ALERTS_MAX) throw refuse(`got ${alerts.length} alerts, want at most ${ALERTS_MAX}`);
  return alerts.map((alert, index) => {
    const at = alerts.length === 1 ? '' : `alert ${index + 1}: `;
    if (!isObject(alert) || !isObject(alert['labels'])) throw refuse(`${at}want an object with labels`);
    return {
      labels: textsOf(alert['labels'], (name) => refuse(`${at}label "${name}" must be a text`)),
      annotations: textsOf(alert['annotations'] ?? {}, (name) =>
        refuse(`${at}annotation "${name}" must be a text`),
      ),
    };
  });
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (!isObject(value)) return [value];
  const { alerts, data } = value;
  if (Array.isArray(alerts)) return alerts;
  return isObject(data) && Array.isArray(data['alerts']) ? data['alerts'] : [value];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textsOf(value: unknown, refuse: (name: string) => InputError): Readonly<Record<string, string>> {
  const texts: [string, string][] = [];
  for (const [name, text] of Object.entries(isObject(value) ? value : {})) {
    if (typeof text !== 'string') throw refuse(name);
    texts.push([name, text]);
  }
  return Object.fromEntries(texts);
}
