/** For tests: a desk on a state store in memory, and browsers that subscribe and read what they are sent. */
import { createDecipheriv, createECDH, createHmac, randomBytes, type ECDH } from 'node:crypto';
import { SeededRandom, type VirtualClock } from '@vedette/model';
import { openStateStore } from '../../../store/state/embedded.ts';
import { INSTANT_SYNCS } from '../../../store/state/instant-syncs-fixture.ts';
import type { StateStore } from '../../../store/state/port.ts';
import { SILENT_LOG } from '../../../telemetry/log.ts';
import { PushDesk, type PushDeskDeps, type PushSubscriptionDraft } from './push-desk.ts';

export function pushState(clock: VirtualClock): StateStore {
  return openStateStore({ clock, log: SILENT_LOG, syncs: INSTANT_SYNCS }, { path: ':memory:' });
}

export function pushDesk(
  clock: VirtualClock,
  state = pushState(clock),
  isAnyEndpointAllowed = true,
  roleOf?: PushDeskDeps['roleOf'],
): PushDesk {
  const deps = { clock, random: new SeededRandom(1), state, ...(roleOf === undefined ? {} : { roleOf }) };
  return new PushDesk(deps, { isAnyEndpointAllowed });
}

/** The receiving side of RFC 8291, written from the RFC and not from the library under test. */
export class FakeBrowser {
  readonly #keys: ECDH = createECDH('prime256v1');
  readonly #auth = randomBytes(16);
  readonly endpoint: string;

  constructor(endpoint: string) {
    this.endpoint = endpoint;
    this.#keys.generateKeys();
  }

  draft(more: Partial<PushSubscriptionDraft> = {}): PushSubscriptionDraft {
    return {
      owner: 'operator',
      role: 'operator',
      device: 'Phone',
      language: 'en',
      endpoint: this.endpoint,
      p256dh: this.#keys.getPublicKey('base64url'),
      auth: this.#auth.toString('base64url'),
      ...more,
    };
  }

  /** `body`: salt (16), record size (4), key length (1), the sender's key, one record. */
  decrypt(body: Uint8Array): unknown {
    const bytes = Buffer.from(body);
    const salt = bytes.subarray(0, 16);
    const keyLength = bytes[20] ?? 0;
    const sender = bytes.subarray(21, 21 + keyLength);
    const record = bytes.subarray(21 + keyLength);
    const shared = this.#keys.computeSecret(sender);
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.#keys.getPublicKey(), sender]);
    const ikm = expand(hmac(this.#auth, shared), info, 32);
    const prk = hmac(salt, ikm);
    const key = expand(prk, Buffer.from('Content-Encoding: aes128gcm\0'), 16);
    const nonce = expand(prk, Buffer.from('Content-Encoding: nonce\0'), 12);
    const decipher = createDecipheriv('aes-128-gcm', key, nonce);
    decipher.setAuthTag(record.subarray(-16));
    const plain = Buffer.concat([decipher.update(record.subarray(0, -16)), decipher.final()]);
    // The last record ends with 2 and zeros.
    return JSON.parse(plain.subarray(0, plain.lastIndexOf(2)).toString('utf8')) as unknown;
  }
}

function hmac(key: Uint8Array, data: Uint8Array): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function expand(prk: Uint8Array, info: Uint8Array, length: number): Buffer {
  return hmac(prk, Buffer.concat([info, Buffer.of(1)])).subarray(0, length);
}
