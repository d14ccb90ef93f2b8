/**
 * The devices that want notifications, the server's keys, and what may be acknowledged from a notification.
 *
 * 1. The VAPID key pair is made once and kept: subscriptions are bound to it, a new pair would end all of them.
 *    It is in the state store, like everything else that must survive, and is never answered or logged; the
 *    public half is.
 * 2. A subscription is a document under a hash of its address: a browser that subscribes again replaces its own. What its
 *    owner may do is asked at each use: an account that is disabled or gone hears nothing more, and who has become a
 *    viewer acknowledges nothing.
 * 3. An acknowledgement is a silence of one hour on exactly the alerts that the notification told of. Alertmanager
 *    has no other word for "I have seen it": a silence is understood by every client, shows who made it, ends by
 *    itself, and mutes nothing that begins meanwhile. The notification carries a key for it, since a service worker may be
 *    woken long after the session has ended. The key is signed, bound to the subscription, valid for `ACK_MS` and once:
 *    the matchers it stands for are kept here and go with its use.
 */
import { createECDH, createHash, createHmac, ECDH } from 'node:crypto';
import { ConflictError, InputError, type Clock, type Matcher, type Random } from '@vedette/model';
import { z } from 'zod';
import type { StateStore } from '../../../store/state/port.ts';
import { isSameSecret } from '../../../lib/secret.ts';
import { createAlertMatcher } from '../../matchers/matcher.ts';
import { assertPublicEndpoint } from './push-endpoint.ts';

const KEYS = 'push_keys';
const SUBSCRIPTIONS = 'push_subscriptions';
const ACKNOWLEDGEMENTS = 'push_acknowledgements';

// Ten people with five browsers each, twice over. Each notification is sent to all of them.
export const SUBSCRIPTIONS_MAX = 100;

/** Of one account or role: a person's devices. Those who share a token share it. */
export const SUBSCRIPTIONS_PER_OWNER_MAX = 20;

/** A night: who finds the notification in the morning opens the page instead. */
const ACK_MS = 12 * 3_600_000;

// As many notifications as one receiver sends in a very bad night; beyond it the oldest can be acknowledged on the page only.
const ACKNOWLEDGEMENTS_MAX = 500;

const subscriptionDocument = z.object({
  id: z.string(),
  owner: z.string(),
  role: z.enum(['viewer', 'operator', 'admin']),
  device: z.string(),
  language: z.string(),
  endpoint: z.string(),
  p256dh: z.string(),
  auth: z.string(),
  createdAtMs: z.number(),
});

/** One browser that wants notifications. `p256dh` and `auth` are its keys, as it gave them. */
export type PushSubscriptionRecord = Readonly<z.infer<typeof subscriptionDocument>>;

export type PushSubscriptionDraft = Omit<PushSubscriptionRecord, 'id' | 'createdAtMs'>;

const keysDocument = z.object({ publicKey: z.string(), privateKey: z.string(), ackKey: z.string() });

/** Base64url; the private ones never leave the process. */
export type PushKeys = Readonly<z.infer<typeof keysDocument>>;

const acknowledgementDocument = z.object({
  untilMs: z.number(),
  matchers: z.array(z.object({ name: z.string(), op: z.enum(['=', '=~']), value: z.string() })),
});

export interface Acknowledgement {
  readonly matchers: readonly Matcher[];
  /** Whose notification it was. */
  readonly subscription: PushSubscriptionRecord;
}

export interface PushDeskDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly state: StateStore;
  /** What an owner may do now; `undefined`: nothing any more. Absent: what it might when it turned notifications on. */
  readonly roleOf?: (owner: string) => PushSubscriptionRecord['role'] | undefined;
}

export class PushDesk {
  readonly #deps: PushDeskDeps;
  /** For tests: endpoints on this machine, without TLS. */
  readonly isAnyEndpointAllowed: boolean;
  #keys: Promise<PushKeys> | undefined;
  #changing: Promise<unknown> = Promise.resolve();

  constructor(deps: PushDeskDeps, options: { readonly isAnyEndpointAllowed: boolean }) {
    this.#deps = deps;
    this.isAnyEndpointAllowed = options.isAnyEndpointAllowed;
  }

  keys(): Promise<PushKeys> {
    this.#keys ??= this.#loadKeys().catch((error: unknown) => {
      this.#keys = undefined;
      throw error;
    });
    return this.#keys;
  }

  /** Of owners who may still look, with the role that they have now. */
  async subscriptions(): Promise<readonly PushSubscriptionRecord[]> {
    return (await this.#stored()).flatMap((record) => this.#ofNow(record) ?? []);
  }

  /** As `subscriptions`. */
  async find(endpoint: string): Promise<PushSubscriptionRecord | undefined> {
    return await this.#findById(idOf(endpoint));
  }

  /**
   * Adds a device, or replaces what is known of it; another's only by who has its keys, which are in the browser that
   * both use. Rejects with `InputError` (VED_PUSH_INVALID, VED_PUSH_LIMIT).
   */
  async subscribe(draft: PushSubscriptionDraft): Promise<PushSubscriptionRecord> {
    if (!this.isAnyEndpointAllowed) assertPublicEndpoint(draft.endpoint);
    assertUsableKey(draft.p256dh);
    return await this.#inTurn(async () => {
      const record = { ...draft, id: idOf(draft.endpoint), createdAtMs: this.#deps.clock.nowMs() };
      const known = await this.#findById(record.id);
      if (known !== undefined && known.owner !== draft.owner) assertSameDevice(known, draft);
      const others = (await this.subscriptions()).filter(({ id }) => id !== record.id);
      assertRoom('SUBSCRIPTIONS_MAX', SUBSCRIPTIONS_MAX, others.length);
      const own = others.filter(({ owner }) => owner === draft.owner).length;
      assertRoom('SUBSCRIPTIONS_PER_OWNER_MAX', SUBSCRIPTIONS_PER_OWNER_MAX, own);
      await this.#deps.state.documents.write([
        { kind: 'put', collection: SUBSCRIPTIONS, key: record.id, value: record },
      ]);
      return record;
    });
  }

  /** False: no such device was known. */
  async unsubscribe(endpoint: string): Promise<boolean> {
    if ((await this.find(endpoint)) === undefined) return false;
    await this.#remove(SUBSCRIPTIONS, [idOf(endpoint)]);
    return true;
  }

  /** Forgets the devices of those who may not look any more; returns how many. */
  async removeStrangers(): Promise<number> {
    return await this.#inTurn(async () => {
      const gone = (await this.#stored()).filter((record) => this.#ofNow(record) === undefined);
      await this.#remove(
        SUBSCRIPTIONS,
        gone.map(({ id }) => id),
      );
      return gone.length;
    });
  }

  /** Keeps what a notification may acknowledge under its id; the same again changes nothing. */
  async allowAcknowledgement(notificationId: string, matchers: readonly Matcher[]): Promise<void> {
    const { state, clock } = this.#deps;
    const known = await state.documents.list(ACKNOWLEDGEMENTS);
    if (known.some(({ key }) => key === notificationId)) return;
    const nowMs = clock.nowMs();
    const byAge = known
      .map(({ key, value }) => ({ key, untilMs: acknowledgementDocument.parse(value).untilMs }))
      .toSorted((a, b) => a.untilMs - b.untilMs);
    const spare = byAge.length - ACKNOWLEDGEMENTS_MAX + 1;
    const gone = byAge.filter(({ untilMs }, i) => untilMs <= nowMs || i < spare).map(({ key }) => key);
    await this.#remove(ACKNOWLEDGEMENTS, gone);
    const value = {
      untilMs: nowMs + ACK_MS,
      matchers: matchers.map(({ name, op, value: wanted }) => ({ name, op, value: wanted })),
    };
    await state.documents.write([{ kind: 'put', collection: ACKNOWLEDGEMENTS, key: notificationId, value }]);
  }

  /** What the notification on this device shows to acknowledge. */
  async ackKeyOf(notificationId: string, { id }: PushSubscriptionRecord): Promise<string> {
    const claim = `${notificationId}.${id}`;
    return `${claim}.${signatureOf(claim, (await this.keys()).ackKey)}`;
  }

  /** What a key stands for, once. `undefined`: it was used, has expired, is not ours, or its device is gone. */
  async redeem(key: string): Promise<Acknowledgement | undefined> {
    const cut = key.lastIndexOf('.');
    const claim = key.slice(0, Math.max(0, cut));
    if (!isSameSecret(key.slice(cut + 1), signatureOf(claim, (await this.keys()).ackKey))) return undefined;
    const [notificationId = '', subscriptionId = ''] = claim.split('.');
    const { documents } = this.#deps.state;
    const [kept, device] = await Promise.all([
      documents.find(ACKNOWLEDGEMENTS, notificationId),
      this.#findById(subscriptionId),
    ]);
    if (kept === undefined || device === undefined || !mayAcknowledge(device)) return undefined;
    const { untilMs, matchers } = acknowledgementDocument.parse(kept.value);
    if (!(await this.#take(notificationId, kept.version)) || untilMs <= this.#deps.clock.nowMs())
      return undefined;
    return {
      matchers: matchers.map(({ name, op, value }) => createAlertMatcher(name, op, value)),
      subscription: device,
    };
  }

  async #stored(): Promise<readonly PushSubscriptionRecord[]> {
    const documents = await this.#deps.state.documents.list(SUBSCRIPTIONS);
    return documents.map(({ value }) => subscriptionDocument.parse(value));
  }

  async #findById(id: string): Promise<PushSubscriptionRecord | undefined> {
    const document = await this.#deps.state.documents.find(SUBSCRIPTIONS, id);
    return document === undefined ? undefined : this.#ofNow(subscriptionDocument.parse(document.value));
  }

  #ofNow(record: PushSubscriptionRecord): PushSubscriptionRecord | undefined {
    const { roleOf } = this.#deps;
    const role = roleOf === undefined ? record.role : roleOf(record.owner);
    return role === undefined ? undefined : { ...record, role };
  }

  /** False: somebody else was faster. */
  async #take(key: string, ifVersion: number): Promise<boolean> {
    try {
      await this.#deps.state.documents.write([
        { kind: 'delete', collection: ACKNOWLEDGEMENTS, key, ifVersion },
      ]);
      return true;
    } catch (error) {
      if (error instanceof ConflictError) return false;
      throw error;
    }
  }

  async #remove(collection: string, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    await this.#deps.state.documents.write(keys.map((key) => ({ kind: 'delete', collection, key })));
  }

  async #loadKeys(): Promise<PushKeys> {
    const { documents } = this.#deps.state;
    const known = await documents.find(KEYS, 'vapid');
    if (known !== undefined) return keysDocument.parse(known.value);
    const made = makeKeys(this.#deps.random);
    try {
      await documents.write([{ kind: 'put', collection: KEYS, key: 'vapid', value: made, ifVersion: 0 }]);
      return made;
    } catch (error) {
      // Another process on the same state has just made them.
      if (error instanceof ConflictError) return await this.#loadKeys();
      throw error;
    }
  }

  async #inTurn<T>(change: () => Promise<T>): Promise<T> {
    const turn = this.#changing.then(change);
    this.#changing = turn.catch(() => undefined);
    return await turn;
  }
}

function idOf(endpoint: string): string {
  return createHash('sha256').update(endpoint).digest('base64url');
}

function makeKeys(random: Random): PushKeys {
  const pair = createECDH('prime256v1');
  const publicKey = pair.generateKeys().toString('base64url');
  // Node leaves leading zeros away.
  const privateKey = Buffer.alloc(32);
  const bytes = pair.getPrivateKey();
  bytes.copy(privateKey, 32 - bytes.length);
  const ackKey = Buffer.from(random.fill(new Uint8Array(32))).toString('base64url');
  return { publicKey, privateKey: privateKey.toString('base64url'), ackKey };
}

function signatureOf(claim: string, key: string): string {
  return createHmac('sha256', Buffer.from(key, 'base64url')).update(claim).digest('base64url');
}

/** A key that is no point of the curve would fail at every message, long after whoever sent it has gone. */
function assertUsableKey(p256dh: string): void {
  try {
    ECDH.convertKey(p256dh, 'prime256v1', 'base64url');
  } catch (cause) {
    throw new InputError(
      'VED_PUSH_INVALID',
      'cannot add the device: keys.p256dh is no public key on P-256; send what the browser gave, unchanged',
      { cause },
    );
  }
}

function assertSameDevice(known: PushSubscriptionRecord, draft: PushSubscriptionDraft): void {
  if (isSameSecret(draft.auth, known.auth) && isSameSecret(draft.p256dh, known.p256dh)) return;
  throw new InputError(
    'VED_PUSH_INVALID',
    'cannot add the device: somebody else gets notifications at this address; turn them off and on again in the browser',
  );
}

function assertRoom(name: string, limit: number, count: number): void {
  if (count < limit) return;
  throw new InputError(
    'VED_PUSH_LIMIT',
    `cannot add a device: ${count} are known, the limit is ${limit} (${name}); turn notifications off on one that is not used`,
  );
}

/** Whether whoever turned notifications on may silence. */
export function mayAcknowledge({ role }: PushSubscriptionRecord): boolean {
  return role !== 'viewer';
}
