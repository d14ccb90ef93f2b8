import type { LIVE_PROTOCOL, LiveClientMessage, LiveServerMessage } from '@vedette/api';
import { bug, type Clock, type Random, type Timer } from '@vedette/model';
import { backoffMs } from './backoff.ts';
import { valueOfDelta, valueOfSnap, type LiveRequest, type LiveValueOf } from './live-topic.ts';
import { SendQueue } from './send-queue.ts';

/**
 * One WebSocket for the whole page, as a state machine without a browser in it.
 *
 * 1. The socket opens with the first subscription and is kept from then on. Each subscription is sent
 *    when the socket opens, and again after every reconnect: the server's snap then replaces what we
 *    held. Until it comes, the old state stays, so that charts never go blank.
 * 2. `snap` and `delta` change the held state at once; listeners hear of it once per animation frame.
 *    A delta that does not follow the last frame means loss: the subscription is made anew.
 * 3. Frames are acknowledged every 5 s, only the newest of each subscription: often enough for the
 *    server's 30 s limit, too seldom to matter.
 * 4. Silence is probed by a ping every 5 s. After 10 s without a word we call it delayed, after 45 s
 *    the connection counts as dead. Reconnects wait with exponential backoff and full jitter; `bye`
 *    names its own wait.
 * 5. A tab hidden for 30 s pauses its subscriptions; a returning one resumes them and gets a snap.
 *
 * Rejected: resuming by sequence number after a reconnect. A window is a few kilobytes, and a server
 * that restarted counts from zero again.
 */
export type LiveHealth =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'delayed'; readonly sinceMs: number }
  /** `heardAtMs`: wall clock of the last word; `undefined` when there was none. */
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
  readonly openSocket: (protocol: typeof LIVE_PROTOCOL, events: SocketEvents) => LiveSocket;
  /** Runs the task before the next repaint; not at all while the tab is hidden. */
  readonly requestFrame: (task: () => void) => void;
}

const PROTOCOL: typeof LIVE_PROTOCOL = 'vedette.live.v1';
const TICK_MS = 5000;
const DELAYED_AFTER_MS = 10_000;
const DEAD_AFTER_MS = 45_000;
const PAUSE_HIDDEN_AFTER_MS = 30_000;

const UNHEARD: LiveState = { value: undefined, error: undefined };

/** Codes that another attempt would only meet again. */
const CODES_REFUSED: ReadonlySet<number> = new Set([4401, 4403]);

interface Entry {
  readonly request: LiveRequest;
  readonly listeners: Set<(state: LiveState) => void>;
  state: LiveState;
  /** Number of the last frame; `undefined` until the first snap of this connection. */
  seq: number | undefined;
  ackedSeq: number | undefined;
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
  #isPaused = false;
  #isFrameRequested = false;
  #attempt = 0;
  #retryAfterMs: number | undefined;
  #heardAt: { readonly wallMs: number; readonly monotonicMs: number } | undefined;
  #health: LiveHealth = { kind: 'connecting' };
  #retryTimer: Timer | undefined;
  #tickTimer: Timer | undefined;
  #hiddenTimer: Timer | undefined;

  constructor(deps: LiveClientDeps) {
    this.#deps = deps;
    this.#queue = new SendQueue({ clock: deps.clock, send: (text) => this.#socket?.send(text) });
  }

  get health(): LiveHealth {
    return this.#health;
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

  /** Tells whether the page is hidden; see 5 above. */
  setHidden(isHidden: boolean): void {
    this.#hiddenTimer?.cancel();
    this.#hiddenTimer = undefined;
    if (isHidden)
      this.#hiddenTimer = this.#deps.clock.setTimer(PAUSE_HIDDEN_AFTER_MS, () => this.#pause(true));
    else if (this.#isPaused) this.#pause(false);
  }

  /** Tries at once instead of waiting: after a sign-in, or when the network came back. */
  reconnectNow(): void {
    if (this.#isOpen) return;
    this.#attempt = 0;
    this.#dropSocket();
    this.#connect();
  }

  /** Ends everything; for a page that goes away. */
  close(): void {
    this.#dropSocket();
    this.#hiddenTimer?.cancel();
    this.#entries.clear();
    this.#idByText.clear();
  }

  #add(text: string, request: LiveRequest): number {
    const id = this.#nextId++;
    const entry: Entry = { request, listeners: new Set(), state: UNHEARD, ...unheard() };
    this.#entries.set(id, entry);
    this.#idByText.set(text, id);
    if (this.#isOpen) this.#sendSubscribe(id, entry);
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
    const socket = this.#deps.openSocket(PROTOCOL, {
      onOpen: () => ifCurrent(() => this.#onOpen()),
      onMessage: (text) => ifCurrent(() => this.#onMessage(text)),
      onClose: (code) => ifCurrent(() => this.#onClose(code)),
    });
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
    this.#heard();
    for (const [id, entry] of this.#entries) this.#sendSubscribe(id, Object.assign(entry, unheard()));
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
    if (message.op === 'snap') this.#onSnap(entry, message);
    else if (message.op === 'delta') this.#onDelta(message.id, entry, message);
    else if (message.op === 'err') this.#change(entry, { ...entry.state, error: message });
  }

  #onSnap(entry: Entry, frame: { seq: number; data: unknown }): void {
    entry.seq = frame.seq;
    this.#change(entry, { value: valueOfSnap(entry.request.topic, frame.data), error: undefined });
  }

  #onDelta(id: number, entry: Entry, frame: { seq: number; data: unknown }): void {
    const { value } = entry.state;
    // Before the first snap of this connection a delta has nothing to stand on; one comes.
    if (entry.seq === undefined || value === undefined) return;
    if (frame.seq !== entry.seq + 1) {
      this.#queue.push({ op: 'unsub', id });
      this.#sendSubscribe(id, Object.assign(entry, unheard()));
      return;
    }
    entry.seq = frame.seq;
    this.#change(entry, { value: valueOfDelta(value, frame.data), error: undefined });
  }

  #onClose(code: number): void {
    this.#dropSocket();
    if (CODES_REFUSED.has(code)) {
      this.#setHealth({ kind: 'refused' });
      return;
    }
    this.#setHealth({ kind: 'offline', heardAtMs: this.#heardAt?.wallMs });
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

  #pause(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (!this.#isOpen) return;
    for (const [id, { request }] of this.#entries)
      this.#queue.push({ op: 'upd', id, params: { ...request.params, paused: isPaused } });
  }

  #sendSubscribe(id: number, entry: Entry): void {
    const { topic, params } = entry.request;
    const paused = this.#isPaused ? { paused: true } : {};
    this.#queue.push({ op: 'sub', id, topic, params: { ...params, ...paused } } as LiveClientMessage);
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
    if (this.#health.kind !== 'live') this.#setHealth({ kind: 'live' });
  }

  #setHealth(health: LiveHealth): void {
    this.#health = health;
    for (const listener of this.#healthListeners) listener(health);
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
