/**
 * One connection to Redis (or Valkey) that cannot hang and cannot fill the memory. node-redis speaks the protocol; this adds
 * what a server that must go on needs:
 *
 * 1. Calls go out in their order over one socket, and come back in it. Up to `REDIS_CALLS_MAX` may be under way.
 * 2. Each call has a deadline. Past it the caller is told, and a command that was not sent yet never is; one that was
 *    sent may have been carried out. A socket that says nothing for `SILENCE_MS_MAX`, pings included, is closed.
 * 3. While the connection is away calls are refused at once: nothing is kept to be carried out later, after its caller
 *    was told that it failed.
 * 4. It connects again by itself, after 50 ms, then twice as long each time up to 5 s, with jitter. The password is asked
 *    for at each connection, so that a file with it may change.
 *
 * The client is imported on first use. RESP 2, since a script's reply is then nothing but texts, integers and arrays.
 * Rejected: EVALSHA. A script that is not known any more (SCRIPT FLUSH) would be sent again behind calls that came
 * after it, out of order; the text of a script costs Redis about 2 µs to hash.
 */
import type { Clock, Random } from '@vedette/model';
import type { Secret } from './secret.ts';

/** Calls under way: at 1 KiB each this is 10 MiB, and about 0.1 s of a Redis nearby. */
export const REDIS_CALLS_MAX = 10_000;

// A Redis nearby answers in under a millisecond and stands still for seconds while it forks or loads; more is an outage.
const CALL_MS_MAX = 5000;

// A host that drops packets is noticed; an answer of a Redis that lives comes in milliseconds.
const CONNECT_MS_MAX = 5000;

// Three pings that stay without an answer.
const SILENCE_MS_MAX = 15_000;
const PING_EVERY_MS = 5000;

// Redis is back within a tenth of a second after a restart by its supervisor.
const RECONNECT_MS_MIN = 50;
// Nobody waits longer for what has come back, and an outage costs nothing.
const RECONNECT_MS_MAX = 5000;

export type RedisReply = string | number | null | readonly RedisReply[];

/**
 * No answer to a call. `lost`: the connection is away, or went away before the answer; `late`: the deadline passed; both
 * leave open whether a command that was sent was carried out. `busy` and `closed` were never sent.
 */
export class RedisUnavailable extends Error {
  readonly reason: 'busy' | 'closed' | 'late' | 'lost';

  constructor(reason: RedisUnavailable['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RedisUnavailable';
    this.reason = reason;
  }
}

/** Redis answered with an error. `kind` is its first word: `OOM`, `WRONGTYPE`, `READONLY`, `ERR`. */
export class RedisRefusal extends Error {
  readonly kind: string;

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RedisRefusal';
    // Errors of commands inside a script come with the script's name before or behind, by version.
    this.kind = /\b([A-Z]{2,})\b/.exec(message)?.[1] ?? 'ERR';
  }
}

export interface RedisConnectionDeps {
  readonly clock: Clock;
  readonly random: Random;
}

export interface RedisConnectionOptions {
  /** `redis://user@host:6379/0`, `rediss://…` with TLS, or `unix:///run/redis.sock`. A password in it counts when `password` is absent. */
  readonly url: string;
  /** Asked before each connection. */
  readonly password?: (() => Promise<Secret>) | undefined;
  /** Shown by CLIENT LIST. No spaces. */
  readonly name: string;
}

export interface RedisConnection {
  /** For messages: the address without the password. */
  readonly address: string;
  readonly isReady: boolean;
  /** The last reason why it was lost; for messages. */
  readonly lastError: Error | undefined;
  /** Sends one command. Rejects with `RedisUnavailable` or `RedisRefusal`. */
  call(args: readonly string[]): Promise<RedisReply>;
  /** Called whenever the connection is there again, not for the first time. Returns the way to stop. */
  onReconnect(task: () => void): () => void;
  /** Called once for each time that it goes away. */
  onLost(task: () => void): () => void;
  /** A second connection that receives. Resolves when it is there. Closed with this one. */
  openSubscriber(): Promise<RedisSubscriber>;
  /** Waits for calls under way, up to their deadline. Twice is safe. */
  close(): Promise<void>;
}

export interface RedisSubscriber {
  /** Resolves when messages from now on arrive. After an outage the subscription is made again before `onReconnect` tells. */
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
  onReconnect(task: () => void): () => void;
  onLost(task: () => void): () => void;
}

/** Connects; rejects with `RedisUnavailable` (`lost`) when that fails, at once and for good. */
export async function openRedisConnection(
  deps: RedisConnectionDeps,
  options: RedisConnectionOptions,
): Promise<RedisConnection> {
  const calls = await openLink(deps, options);
  const subscribers: Link[] = [];
  let isClosed = false;
  return {
    address: calls.address,
    get isReady() {
      return calls.client.isReady;
    },
    get lastError() {
      return calls.lastError;
    },
    call: createCaller(deps.clock, calls, () => isClosed),
    onReconnect: (task) => addTo(calls.reconnectTasks, task),
    onLost: (task) => addTo(calls.lostTasks, task),
    openSubscriber: async () => {
      const link = await openLink(deps, { ...options, name: `${options.name}-feed` });
      subscribers.push(link);
      if (isClosed) link.client.destroy();
      return subscriberOf(link);
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await Promise.allSettled(calls.underWay);
      for (const { client } of [calls, ...subscribers]) if (client.isOpen) client.destroy();
    },
  };
}

type Client = Awaited<ReturnType<typeof createRedisClient>>;

/** A client and what became of it. */
interface Link {
  readonly client: Client;
  readonly address: string;
  lastError: Error | undefined;
  readonly reconnectTasks: Set<() => void>;
  readonly lostTasks: Set<() => void>;
  readonly underWay: Set<Promise<unknown>>;
}

async function openLink(deps: RedisConnectionDeps, options: RedisConnectionOptions): Promise<Link> {
  const target = parseRedisUrl(options.url);
  let hasConnected = false;
  const client = await createRedisClient(options, target, (retries, cause) => {
    if (!hasConnected) return cause;
    const delayMs = Math.min(RECONNECT_MS_MAX, RECONNECT_MS_MIN * 2 ** Math.min(retries, 10));
    return delayMs * (0.5 + deps.random.float() / 2);
  });
  const link: Link = {
    client,
    address: target.address,
    lastError: undefined,
    reconnectTasks: new Set(),
    lostTasks: new Set(),
    underWay: new Set(),
  };
  client.on('error', (error: Error) => (link.lastError = error));
  let isLost = false;
  // The client says so before each attempt.
  client.on('reconnecting', () => {
    if (!isLost) runAll(link.lostTasks);
    isLost = true;
  });
  client.on('ready', () => {
    isLost = false;
    if (hasConnected) runAll(link.reconnectTasks);
  });
  try {
    await client.connect();
  } catch (error) {
    if (client.isOpen) client.destroy();
    const reason = link.lastError?.message ?? String(error);
    throw new RedisUnavailable('lost', `cannot connect to Redis at ${target.address}: ${reason}`, {
      cause: error,
    });
  }
  hasConnected = true;
  return link;
}

async function createRedisClient(
  options: RedisConnectionOptions,
  target: RedisTarget,
  reconnectStrategy: (retries: number, cause: Error) => number | Error,
) {
  const { createClient } = await import('redis');
  const { password } = options;
  const common = { connectTimeout: CONNECT_MS_MAX, socketTimeout: SILENCE_MS_MAX, reconnectStrategy };
  return createClient({
    RESP: 2,
    name: options.name,
    database: target.database,
    disableOfflineQueue: true,
    pingInterval: PING_EVERY_MS,
    // Notices of Redis Enterprise, which need RESP 3.
    maintNotifications: 'disabled',
    credentialsProvider: {
      type: 'async-credentials-provider',
      credentials: async () => ({
        ...(target.username === '' ? {} : { username: target.username }),
        ...passwordOf(password === undefined ? target.password : (await password()).reveal()),
      }),
    },
    socket: { ...common, ...target.socket },
  });
}

function passwordOf(text: string): { password?: string } {
  return text === '' ? {} : { password: text };
}

interface RedisTarget {
  readonly address: string;
  readonly username: string;
  readonly password: string;
  readonly database: number;
  readonly socket:
    | { readonly host: string; readonly port: number; readonly tls: false }
    | { readonly host: string; readonly port: number; readonly tls: true }
    | { readonly path: string; readonly tls: false };
}

/** What a URL of Redis says; throws for one that says nothing we understand. */
export function parseRedisUrl(text: string): RedisTarget {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isUnix = url?.protocol === 'unix:' && url.hostname === '' && url.pathname.length > 1;
  const isTcp = url !== undefined && /^rediss?:$/.test(url.protocol) && url.hostname !== '';
  const database = /^\/?(\d{0,4})$/.exec(url?.pathname ?? '')?.[1];
  if (url === undefined || !(isUnix || (isTcp && database !== undefined)) || url.search + url.hash !== '') {
    throw new Error(
      'must be a URL such as redis://127.0.0.1:6379/0, rediss://host:6379 or unix:///run/redis.sock',
    );
  }
  const account = { username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
  if (isUnix) {
    const path = decodeURIComponent(url.pathname);
    return { ...account, address: `unix://${path}`, database: 0, socket: { path, tls: false } };
  }
  const [host, port] = [url.hostname.replace(/^\[|\]$/g, ''), Number(url.port === '' ? 6379 : url.port)];
  const address = `${url.protocol}//${url.hostname}:${port}${url.pathname}`;
  const socket =
    url.protocol === 'rediss:' ? { host, port, tls: true as const } : { host, port, tls: false as const };
  return { ...account, address, database: Number(database), socket };
}

function createCaller(clock: Clock, link: Link, isClosed: () => boolean): RedisConnection['call'] {
  const { client, address, underWay } = link;
  return async (args) => {
    if (isClosed()) throw new RedisUnavailable('closed', `the connection to Redis at ${address} is closed`);
    if (underWay.size >= REDIS_CALLS_MAX)
      throw new RedisUnavailable(
        'busy',
        `${REDIS_CALLS_MAX} calls wait already, which is the limit; ${address} is too slow`,
      );
    if (!client.isReady) throw lostOf(link, undefined);
    const unsent = new AbortController();
    const late = Promise.withResolvers<never>();
    // Node calls a rejection unhandled that nobody waits for yet.
    late.promise.catch(() => undefined);
    const timer = clock.setTimer(CALL_MS_MAX, () => {
      late.reject(new RedisUnavailable('late', `no answer of Redis at ${address} within ${CALL_MS_MAX} ms`));
      unsent.abort();
    });
    const answer = client.sendCommand<RedisReply>([...args], { abortSignal: unsent.signal });
    underWay.add(answer);
    try {
      return await Promise.race([answer, late.promise]);
    } catch (error) {
      throw errorOf(link, error);
    } finally {
      timer.cancel();
      // A call that is late still waits in the client: it counts until the client lets go of it.
      const forget = (): void => void underWay.delete(answer);
      answer.then(forget, forget);
    }
  };
}

function errorOf(link: Link, error: unknown): Error {
  if (error instanceof RedisUnavailable) return error;
  if (
    error instanceof Error &&
    /^(Simple|Blob)?Error(Reply)?$/.test(error.constructor.name) &&
    isReplyText(error.message)
  )
    return new RedisRefusal(error.message, { cause: error });
  return lostOf(link, error);
}

/** Redis begins its errors with a word in capitals. */
function isReplyText(message: string): boolean {
  return /^-?[A-Z]{2,}\b/.test(message);
}

function lostOf(link: Link, error: unknown): RedisUnavailable {
  const reason = error instanceof Error ? error.message : (link.lastError?.message ?? 'it does not answer');
  return new RedisUnavailable('lost', `the connection to Redis at ${link.address} is lost: ${reason}`, {
    cause: error ?? link.lastError,
  });
}

function subscriberOf(link: Link): RedisSubscriber {
  const { client } = link;
  return {
    subscribe: (channel, listener) => client.subscribe(channel, (message) => listener(message)),
    unsubscribe: (channel) => client.unsubscribe(channel),
    onReconnect: (task) => addTo(link.reconnectTasks, task),
    onLost: (task) => addTo(link.lostTasks, task),
  };
}

function addTo(tasks: Set<() => void>, task: () => void): () => void {
  const own = (): void => task();
  tasks.add(own);
  return () => void tasks.delete(own);
}

function runAll(tasks: ReadonlySet<() => void>): void {
  for (const task of tasks) task();
}
