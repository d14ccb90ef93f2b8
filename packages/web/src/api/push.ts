import type { PushKey } from '@vedette/api';
import { fetchJson, send } from './http.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

export async function fetchPushKey(): Promise<string> {
  return ((await fetchJson('/api/vedette/push/key')) as PushKey).publicKey;
}

export async function addPushDevice(device: {
  readonly subscription: PushSubscriptionJSON;
  readonly device: string;
  readonly language: string;
}): Promise<void> {
  await send('/api/vedette/push/subscriptions', {
    method: 'POST',
    headers: JSON_HEADERS,
    body: JSON.stringify(device),
  });
}

export async function removePushDevice(endpoint: string): Promise<void> {
  await send('/api/vedette/push/subscriptions', {
    method: 'DELETE',
    headers: JSON_HEADERS,
    body: JSON.stringify({ endpoint }),
  });
}

export async function testPushDevice(endpoint: string): Promise<void> {
  await send('/api/vedette/push/test', {
    method: 'POST',
    headers: JSON_HEADERS,
    body: JSON.stringify({ endpoint }),
  });
}
