import { Agent, request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const PEOPLE = [
  'ann',
  'bob',
  'chen',
  'dana',
  'emil',
  'fatima',
  'goro',
  'hanna',
  'ivan',
  'jun',
  'kofi',
  'lea',
] as const;

/** What people do in a shop, and of a hundred how often. */
const DEEDS: readonly (readonly [share: number, method: 'GET' | 'POST', path: () => string])[] = [
  [20, 'GET', () => '/products'],
  [38, 'GET', () => `/products/${1 + Math.floor(Math.random() * 42)}`],
  [16, 'GET', () => '/search?q=lantern'],
  [8, 'GET', () => '/recommendations'],
  [4, 'POST', () => '/login'],
  [10, 'POST', () => '/orders'],
  [4, 'POST', () => '/pictures'],
];

// Below every threshold of the guard's own policies: over 30 actions in a minute.
const PAUSE_MS = 3000;

/** Visitors without an account, who make most of the traffic. */
const STRANGERS = 10;
const STRANGER_PAUSE_MS = 600;

/** A second is 12 searches: past 30 in a minute within three. */
const ABUSER_PAUSE_MS = 80;
const ABUSER_KNOCKS_MS = 2000;

export interface CrowdOptions {
  readonly shopUrl: string;
  readonly signal: AbortSignal;
  /** How long the abuser rests after it was let in again. */
  readonly restMs: number;
}

/** People, strangers and one program that searches without end; until the signal. */
export async function releaseCrowd(options: CrowdOptions): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const ask = (method: string, path: string, user?: string): Promise<number | undefined> =>
    statusOf(agent, { url: options.shopUrl + path, method, user });
  const strangers = Array.from({ length: STRANGERS }, () => browse(options.signal, STRANGER_PAUSE_MS, ask));
  const people = PEOPLE.map((user) =>
    browse(options.signal, PAUSE_MS, (method, path) => ask(method, path, user)),
  );
  await Promise.all([...strangers, ...people, abuse(options, (path) => ask('GET', path, 'mallory'))]);
  agent.destroy();
}

async function browse(
  signal: AbortSignal,
  pauseMs: number,
  ask: (method: string, path: string) => Promise<unknown>,
): Promise<void> {
  while (!signal.aborted) {
    const [, method, path] = chosenDeed();
    await ask(method, path());
    await pause(pauseMs * (0.5 + Math.random()), signal);
  }
}

function chosenDeed(): (typeof DEEDS)[number] {
  let left = Math.random() * 100;
  const [first] = DEEDS;
  const chosen = DEEDS.find(([share]) => (left -= share) < 0) ?? first;
  if (chosen === undefined) throw new Error('nobody does anything');
  return chosen;
}

/** Searches until it is refused, knocks until it is let in, rests, and begins anew. */
async function abuse(
  { signal, restMs }: CrowdOptions,
  ask: (path: string) => Promise<number | undefined>,
): Promise<void> {
  while (!signal.aborted) {
    while (!signal.aborted && !isRefused(await ask('/search?q=everything')))
      await pause(ABUSER_PAUSE_MS, signal);
    do await pause(ABUSER_KNOCKS_MS, signal);
    while (!signal.aborted && isRefused(await ask('/products')));
    await pause(restMs, signal);
  }
}

function isRefused(status: number | undefined): boolean {
  return status === 403 || status === 429;
}

/** `undefined` while the shop is down. */
function statusOf(
  agent: Agent,
  { url, method, user }: { url: string; method: string; user: string | undefined },
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const headers = user === undefined ? {} : { 'x-user': user };
    const asking = request(url, { agent, method, headers }, (response) => {
      response.resume().on('close', () => resolve(response.statusCode));
    });
    asking.on('error', () => resolve(undefined)).end();
  });
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
