import type { LIVE_PROTOCOL, LiveClientMessage, LiveServerMessage } from '@vedette/api';
import { bug, type Clock, type Random, type Timer } from '@vedette/model';
import { backoffMs } from './backoff.ts';
import { valueOfDelta, valueOfSnap, type LiveRequest, type LiveValueOf } from './live-topic.ts';
import { SendQueue } from './send-queue.ts';
import { TransportLadder, type LiveTransport } from './transport-ladder.ts';

/**
 * One live connection for the whole page, as a state machine without a browser in it.
 *
 * 1. The connection opens with the first subscription and is kept from then on. Each subscription is sent
 *    when it opens, and again after every reconnect, with the number of its last frame: the server goes on
 *    from there or sends a snap. Until it comes, the old state stays, so that charts never go blank.
 * 2. `snap` and `delta` change the held state at once; listeners hear of it once per animation frame.
 *    A delta that does not follow the last frame means loss: the subscription is made anew.
 * 3. Frames are acknowledged every 5 s, only the newest of each subscription: often enough for the
 *    server's 30 s limit, too seldom to matter.
 * 4. Silence is probed by a ping every 5 s. After 10 s without a word we call it delayed, after 45 s
 *    the connection counts as dead. Reconnects wait with exponential backoff and full jitter; `bye`
 *    names its own wait.
 * 5. A tab hidden for 30 s pauses its subscriptions; a returning one resumes them and gets a snap.
 * 6. Where the WebSocket is blocked the same messages go over events (`transport-ladder.ts`); where both
 *    are, lists are asked for every 30 s (charts ask for themselves), and the connection is tried again.
 * 7. A person may pause: what is shown stands still. A chart that is new then gets its first picture.
 * 8. Without any answer since the page was opened, what an earlier visit left on this device is shown.
 */
export type LiveHealth =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live'; readonly transport: LiveTransport }
  | { readonly kind: 'delayed'; readonly sinceMs: number }
  /** A person wants what is shown to stand still. */
  | { readonly kind: 'paused'; readonly sinceMs: number }
  /** No connection can be had; the server answers questions. */
  | { readonly kind: 'polling'; readonly heardAtMs: number }
  /** `heardAtMs`: wall clock of what is shown; `undefined` when nothing is. */
  | { readonly kind: 'offline'; readonly heardAtMs: number | undefined }
  /** The server wants a sign-in; trying again is pointless until there was one. */
  | { readonly kind: 'refused' };

export interface LiveState {
  readonly value: LiveValueOf | undefined;
  readonly error: { readonly message: string; readonly position?: number } | undefined;
}

export interface LiveSubscription {
  close(): void;
}

/** What the client needs of a WebSocket. Callbacks come after `openSocket` has returned. */
export interface LiveSocket {
  send(text: string): void;
  close(): void;
}

export interface SocketEvents {
  readonly onOpen: () => void;
  readonly onMessage: (text: string) => void;
  readonly onClose: (code: number) => void;
}

export interface LiveClientDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly openSocket: (
    protocol: typeof LIVE_PROTOCOL,
    events: SocketEvents,
    transport: LiveTransport,
  ) => LiveSocket;
  /** The whole value by an ordinary request; `undefined` for what is asked for elsewhere. Rejects without an answer. */
  readonly poll: (request: LiveRequest) => Promise<LiveValueOf | undefined>;
  /** What an earlier visit left on this device. */
  readonly recall: (request: LiveRequest) => Promise<RememberedValue | undefined>;
  /** Runs the task before the next repaint; not at all while the tab is hidden. */
  readonly requestFrame: (task: () => void) => void;
}

export interface RememberedValue {
  readonly value: LiveValueOf;
  /** Wall clock of when the server said it. */
  readonly atMs: number;
}

const PROTOCOL: typeof LIVE_PROTOCOL = 'vedette.live.v1';
const TICK_MS = 5000;
const DELAYED_AFTER_MS = 10_000;
const DEAD_AFTER_MS = 45_000;
const PAUSE_HIDDEN_AFTER_MS = 30_000;
/** A proxy that gathers answers swallows the first word for ever; one that works passes it on in a second. */
const OPEN_WITHIN_MS = 8000;
/** Without a connection lists are asked for again this often. */
const POLL_MS = 30_000;

const UNHEARD: LiveState = { value: undefined, error: undefined };

/** Codes that another attempt would only meet again. */
const CODES_REFUSED: ReadonlySet<number> = new Set([4401, 4403]);

interface Entry {
  readonly request: LiveRequest;
  readonly listeners: Set<(state: LiveState) => void>;
  state: LiveState;
  /** Number of the last frame; `undefined` until the first snap, and after a loss until the next. */
  seq: number | undefined;
  ackedSeq: number | undefined;
  /** What is shown comes from an earlier visit. */
  isRecalled: boolean;
}

export class LiveClient {
  readonly #deps: LiveClientDeps;
  readonly #queue: SendQueue;
  readonly #entries = new Map<number, Entry>();
  /** Ids by what they ask for: equal requests of several components are one subscription. */
  readonly #idByText = new Map<string, number>();
  readonly #dirty = new Set<Entry>();
  readonly #healthListeners = new Set<(health: LiveHealth) => void>();
  #nextId = 1;
  #socket: LiveSocket | undefined;
  #isOpen = false;
  /** Hidden for long enough. */
  #isAsleep = false;
  #pausedHealth: (LiveHealth & { readonly kind: 'paused' }) | undefined;
  #isFrameRequested = false;
  #attempt = 0;
  #retryAfterMs: number | undefined;
  #heardAt: { readonly wallMs: number; readonly monotonicMs: number } | undefined;
  #health: LiveHealth = { kind: 'connecting' };
  #retryTimer: Timer | undefined;
  #tickTimer: Timer | undefined;
  #hiddenTimer: Timer | undefined;
  #openTimer: Timer | undefined;
  #pollTimer: Timer | undefined;
  #recalledAtMs: number | undefined;
  readonly #ladder = new TransportLadder();

  constructor(deps: LiveClientDeps) {
    this.#deps = deps;
    this.#queue = new SendQueue({ clock: deps.clock, send: (text) => this.#socket?.send(text) });
  }

  get health(): LiveHealth {
    return this.#pausedHealth ?? this.#health;
  }

  /** What is known now, with its subscription, for whoever keeps it for a visit without a server. */
  values(): readonly { readonly request: LiveRequest; readonly value: LiveValueOf }[] {
    return [...this.#entries.values()].flatMap(({ request, state: { value } }) =>
      value === undefined ? [] : [{ request, value }],
    );
  }

  /** Wall clock of the server's last word on this page. */
  get heardAtMs(): number | undefined {
    return this.#heardAt?.wallMs;
  }

  /** Lets what is shown stand still, or go on; see 7 above. */
  setPaused(isPaused: boolean): void {
    if (isPaused === (this.#pausedHealth !== undefined)) return;
    this.#pausedHealth = isPaused ? { kind: 'paused', sinceMs: this.#deps.clock.nowMs() } : undefined;
    this.#tellPaused();
    this.#setHealth(this.#health);
    if (!isPaused && this.#health.kind === 'polling') void this.#poll();
  }

  /** Hears of every change of health; returns the way to stop. */
  onHealth(listener: (health: LiveHealth) => void): () => void {
    this.#healthListeners.add(listener);
    return () => this.#healthListeners.delete(listener);
  }

  /** The listener hears the state at hand, if any, with the next frame, and every later one. */
  subscribe(request: LiveRequest, listener: (state: LiveState) => void): LiveSubscription {
    const text = JSON.stringify(request);
    const id = this.#idByText.get(text) ?? this.#add(text, request);
    const entry = this.#entries.get(id);
    if (entry === undefined) bug(`a live request is known without a subscription; got ${text}`);
    entry.listeners.add(listener);
    if (entry.state !== UNHEARD) this.#change(entry, entry.state);
    if (this.#socket === undefined && this.#retryTimer === undefined) this.#connect();
    return {
      close: () => {
        entry.listeners.delete(listener);
        if (entry.listeners.size === 0) this.#remove(id, text);
      },
    };
  }

  /** What is known of a subscription now; `undefined` before its first word, or without one. */
  stateOf(request: LiveRequest): LiveState | undefined {
    const entry = this.#entries.get(this.#idByText.get(JSON.stringify(request)) ?? 0);
    return entry === undefined || entry.state === UNHEARD ? undefined : entry.state;
  }

  /** Tells whether the page is hidden; see 5 above. */
  setHidden(isHidden: boolean): void {
    this.#hiddenTimer?.cancel();
    this.#hiddenTimer = undefined;
    const sleep = (isAsleep: boolean): void => {
      this.#isAsleep = isAsleep;
      this.#tellPaused();
    };
    if (isHidden) this.#hiddenTimer = this.#deps.clock.setTimer(PAUSE_HIDDEN_AFTER_MS, () => sleep(true));
    else if (this.#isAsleep) sleep(false);
  }

  /** Tries at once instead of waiting: after a sign-in, or when the network came back. */
  reconnectNow(): void {
    if (this.#isOpen) return;
    this.#attempt = 0;
    this.#dropSocket();
    this.#connect();
  }

  /** Drops all that is shown: whoever reads may not see it any more. Subscriptions stay, and ask anew. */
  forget(): void {
    for (const [id, entry] of this.#entries) {
      Object.assign(entry, unheard(), { isRecalled: false });
      this.#change(entry, UNHEARD);
      if (!this.#isOpen) continue;
      this.#queue.push({ op: 'unsub', id });
      this.#sendSubscribe(id, entry);
    }
  }

  /** Ends everything; for a page that goes away. */
  close(): void {
    this.#dropSocket();
    this.#hiddenTimer?.cancel();
    this.#stopPolling();
    this.#entries.clear();
    this.#idByText.clear();
  }

  #add(text: string, request: LiveRequest): number {
    const id = this.#nextId++;
    const entry: Entry = { request, listeners: new Set(), state: UNHEARD, isRecalled: false, ...unheard() };
    this.#entries.set(id, entry);
    this.#idByText.set(text, id);
    if (this.#isOpen) this.#sendSubscribe(id, entry);
    else if (this.#health.kind === 'polling') void this.#pollOne(entry);
    else if (this.#health.kind === 'offline') void this.#recall(entry);
    return id;
  }

  #remove(id: number, text: string): void {
    const isKnown = this.#entries.delete(id);
    if (this.#idByText.get(text) === id) this.#idByText.delete(text);
    if (isKnown && this.#isOpen) this.#queue.push({ op: 'unsub', id });
  }

  #connect(): void {
    this.#retryTimer = undefined;
    let isCurrent = true;
    const ifCurrent = (task: () => void): void => {
      if (isCurrent) task();
    };
    const socket = this.#deps.openSocket(
      PROTOCOL,
      {
        onOpen: () => ifCurrent(() => this.#onOpen()),
        onMessage: (text) => ifCurrent(() => this.#onMessage(text)),
        onClose: (code) => ifCurrent(() => this.#onClose(code)),
      },
      this.#ladder.current,
    );
    this.#openTimer = this.#deps.clock.setTimer(OPEN_WITHIN_MS, () => ifCurrent(() => this.#onClose(1006)));
    this.#socket = {
      send: (text) => socket.send(text),
      close: () => {
        isCurrent = false;
        socket.close();
      },
    };
  }

  #onOpen(): void {
    this.#isOpen = true;
    this.#attempt = 0;
    this.#openTimer?.cancel();
    this.#stopPolling();
    this.#ladder.opened();
    this.#heard();
    for (const [id, entry] of this.#entries) this.#sendSubscribe(id, entry, entry.seq);
    this.#tickTimer = this.#deps.clock.setTimer(TICK_MS, () => this.#tick());
  }

  #onMessage(text: string): void {
    this.#heard();
    const message = parseMessage(text);
    if (message === undefined || message.op === 'pong') return;
    if (message.op === 'bye') {
      this.#retryAfterMs = message.retryAfter;
      return;
    }
    const entry = this.#entries.get(message.id);
    if (entry === undefined) return;
    if (message.op === 'snap') this.#onSnap(message.id, entry, message);
    else if (message.op === 'delta') this.#onDelta(message.id, entry, message);
    else if (message.op === 'err') this.#change(entry, { ...entry.state, error: message });
  }

  #onSnap(id: number, entry: Entry, frame: { seq: number; data: unknown }): void {
    if (this.#isStill(entry)) return;
    entry.seq = frame.seq;
    this.#change(entry, { value: valueOfSnap(entry.request.topic, frame.data), error: undefined });
    entry.isRecalled = false;
    if (this.#pausedHealth !== undefined) this.#tellPaused(id);
  }

  /** A person paused, and it has its picture. */
  #isStill(entry: Entry): boolean {
    return this.#pausedHealth !== undefined && entry.state.value !== undefined && !entry.isRecalled;
  }

  #onDelta(id: number, entry: Entry, frame: { seq: number; data: unknown }): void {
    const { value } = entry.state;
    // Before the first snap of this connection a delta has nothing to stand on; one comes.
    if (entry.seq === undefined || value === undefined || this.#isStill(entry)) return;
    if (frame.seq !== entry.seq + 1) {
      this.#queue.push({ op: 'unsub', id });
      this.#sendSubscribe(id, Object.assign(entry, unheard()));
      return;
    }
    entry.seq = frame.seq;
    this.#change(entry, { value: valueOfDelta(value, frame.data), error: undefined });
  }

  #onClose(code: number): void {
    const wasOpen = this.#isOpen;
    this.#dropSocket();
    if (CODES_REFUSED.has(code)) {
      this.#stopPolling();
      this.#setHealth({ kind: 'refused' });
      return;
    }
    if (!wasOpen && this.#ladder.failed()) {
      this.#connect();
      return;
    }
    if (this.#health.kind !== 'polling') this.#setOffline();
    // A connection that was there comes back; one that cannot be had is replaced by questions meanwhile.
    if (!wasOpen && this.#pollTimer === undefined) void this.#poll();
    const waitMs = this.#retryAfterMs ?? backoffMs(this.#attempt, this.#deps.random);
    this.#retryAfterMs = undefined;
    this.#attempt++;
    this.#retryTimer = this.#deps.clock.setTimer(waitMs, () => this.#connect());
  }

  #dropSocket(): void {
    this.#isOpen = false;
    this.#queue.clear();
    this.#retryTimer?.cancel();
    this.#tickTimer?.cancel();
    this.#openTimer?.cancel();
    this.#socket?.close();
    this.#socket = undefined;
    this.#retryTimer = undefined;
  }

  #tick(): void {
    const silentMs = this.#deps.clock.monotonicMs() - (this.#heardAt?.monotonicMs ?? 0);
    if (silentMs >= DEAD_AFTER_MS) {
      this.#onClose(1006);
      return;
    }
    if (silentMs >= DELAYED_AFTER_MS)
      this.#setHealth({ kind: 'delayed', sinceMs: this.#heardAt?.wallMs ?? this.#deps.clock.nowMs() });
    for (const [id, entry] of this.#entries) this.#acknowledge(id, entry);
    this.#queue.push({ op: 'ping' });
    this.#tickTimer = this.#deps.clock.setTimer(TICK_MS, () => this.#tick());
  }

  #acknowledge(id: number, entry: Entry): void {
    if (entry.seq === undefined || entry.seq === entry.ackedSeq) return;
    entry.ackedSeq = entry.seq;
    this.#queue.push({ op: 'ack', id, seq: entry.seq });
  }

  /** Tells the server which subscriptions stand still: all, or the one named. */
  #tellPaused(only?: number): void {
    if (!this.#isOpen) return;
    for (const [id, entry] of this.#entries)
      if (only === undefined || id === only)
        this.#queue.push({
          op: 'upd',
          id,
          params: { ...entry.request.params, paused: this.#isAsleep || this.#isStill(entry) },
        });
  }

  #sendSubscribe(id: number, entry: Entry, since?: number): void {
    const { topic, params } = entry.request;
    const isPaused = this.#isAsleep || this.#isStill(entry);
    const rest = {
      params: { ...params, ...(isPaused ? { paused: true } : {}) },
      ...(since === undefined ? {} : { since }),
    };
    this.#queue.push({ op: 'sub', id, topic, ...rest } as LiveClientMessage);
  }

  #stopPolling(): void {
    this.#pollTimer?.cancel();
    this.#pollTimer = undefined;
  }

  async #poll(): Promise<void> {
    this.#pollTimer?.cancel();
    this.#pollTimer = this.#deps.clock.setTimer(POLL_MS, () => void this.#poll());
    if (this.#pausedHealth !== undefined) return;
    const answers = await Promise.all([...this.#entries.values()].map((entry) => this.#pollOne(entry)));
    if (this.#isOpen || this.#health.kind === 'refused') return;
    if (answers.includes(true)) this.#setHealth({ kind: 'polling', heardAtMs: this.#deps.clock.nowMs() });
    else this.#setOffline();
  }

  /** True when the server answered. */
  async #pollOne(entry: Entry): Promise<boolean> {
    try {
      const value = await this.#deps.poll(entry.request);
      if (value === undefined || this.#isOpen) return false;
      const { clock } = this.#deps;
      this.#heardAt = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
      if (this.#pausedHealth === undefined) this.#change(entry, { value, error: undefined });
      return true;
    } catch {
      return false;
    }
  }

  #setOffline(): void {
    this.#setHealth({ kind: 'offline', heardAtMs: this.#heardAt?.wallMs ?? this.#recalledAtMs });
    for (const entry of this.#entries.values()) void this.#recall(entry);
  }

  async #recall(entry: Entry): Promise<void> {
    if (entry.state !== UNHEARD) return;
    const remembered = await this.#deps.recall(entry.request).catch(() => undefined);
    if (remembered === undefined || entry.state !== UNHEARD || this.#health.kind !== 'offline') return;
    entry.isRecalled = true;
    this.#change(entry, { value: remembered.value, error: undefined });
    // Of several the oldest is told: nothing on the screen is older.
    this.#recalledAtMs = Math.min(this.#recalledAtMs ?? Infinity, remembered.atMs);
    this.#setHealth({ kind: 'offline', heardAtMs: this.#heardAt?.wallMs ?? this.#recalledAtMs });
  }

  #change(entry: Entry, state: LiveState): void {
    entry.state = state;
    this.#dirty.add(entry);
    if (this.#isFrameRequested) return;
    this.#isFrameRequested = true;
    this.#deps.requestFrame(() => this.#flush());
  }

  #flush(): void {
    this.#isFrameRequested = false;
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    for (const { listeners, state } of dirty) for (const listener of listeners) listener(state);
  }

  #heard(): void {
    const { clock } = this.#deps;
    this.#heardAt = { wallMs: clock.nowMs(), monotonicMs: clock.monotonicMs() };
    if (this.#health.kind !== 'live') this.#setHealth({ kind: 'live', transport: this.#ladder.current });
  }

  #setHealth(health: LiveHealth): void {
    this.#health = health;
    for (const listener of this.#healthListeners) listener(this.health);
  }
}

/** A subscription that has heard nothing yet on this connection. */
function unheard(): { seq: undefined; ackedSeq: undefined } {
  return { seq: undefined, ackedSeq: undefined };
}

/** A text that is no JSON was cut on its way; the next number in the sequence tells what was lost. */
function parseMessage(text: string): LiveServerMessage | undefined {
  try {
    return JSON.parse(text) as LiveServerMessage;
  } catch {
    return undefined;
  }
}
