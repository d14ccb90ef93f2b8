/**
 * `npm run demo:guard [-- --seconds N] [--keep]`: the guard at work, on this machine alone, in a minute.
 *
 * 1. A server on a free port with its data in a temporary folder, and a policy with a short breath: over 20 actions in
 *    10 s are slowed, over 40 are refused for 15 s. Before it `examples/express-app`, a shop that knows pseudonyms only.
 * 2. Ann, Bob and Chen look at a product now and then. Mallory is a program (`demo-guard/abuser.ts`).
 * 3. Every other second a line: requests per minute of each; and one more whenever the guard thinks otherwise of Mallory.
 *
 * Ends after a minute, or with Ctrl-C; `--keep` leaves server and shop up until then, without the visitors. Exits 0 when
 * Mallory was refused and nobody else was, 1 when not, 2 for wrong usage.
 */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { formatKeyFile, generatePseudonymKey, pseudonymsOf, systemRandom } from '@vedette/sdk';
import { startExample, tokenOf } from '../test/examples/example-app.ts';
import { freePort } from '../test/support/free-port.ts';
import { runWithLifetime } from '../test/support/lifetime.ts';
import { startVedette, temporaryDirectory, type Lifetime } from '../test/support/vedette-process.ts';
import { misbehave } from './demo-guard/abuser.ts';
import { changeOf, createPaint, headOf, rowOf, type Verdict } from './demo-guard/timeline.ts';
import { pause, Visitor } from './demo-guard/visitor.ts';

/** Slowed after 5 s, refused after 9, released after 24; a busy machine takes longer. */
const SECONDS_MIN = 35;

const ROW_EVERY_MS = 2000;
const WATCH_EVERY_MS = 200;

/** Each at a pace of their own, far below what is slowed. */
const HONEST = [
  { name: 'ann', everyMs: 1600 },
  { name: 'bob', everyMs: 2300 },
  { name: 'chen', everyMs: 3100 },
] as const;

interface Scene {
  readonly serverUrl: string;
  readonly shopUrl: string;
  readonly honest: readonly Visitor[];
  readonly mallory: Visitor;
  /** What the guard thinks of Mallory now. */
  readonly judge: () => Promise<Judged>;
  /** Ends both programs as an operator would. */
  readonly stop: () => Promise<void>;
}

interface Judged {
  readonly verdict: Verdict;
  readonly retryAfterSeconds: number | null;
  readonly decision: { readonly reason: string } | null;
}

const { values } = parseArgs({
  options: { seconds: { type: 'string', default: '60' }, keep: { type: 'boolean', default: false } },
});
const paint = createPaint(process.stdout.isTTY && process.env['NO_COLOR'] === undefined);
process.exitCode = await main(Number(values.seconds));

async function main(seconds: number): Promise<number> {
  if (!Number.isSafeInteger(seconds) || seconds < SECONDS_MIN) {
    console.error(`usage: npm run demo:guard -- [--seconds N (at least ${SECONDS_MIN})] [--keep]`);
    return 2;
  }
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => interrupted.abort());
  return await runWithLifetime(async (lifetime) => {
    console.log('Starting a server and a shop …');
    const scene = await startScene(lifetime);
    introduce(scene);
    const seen = await live(
      scene,
      AbortSignal.any([interrupted.signal, AbortSignal.timeout(seconds * 1000)]),
    );
    const isFine = conclude(scene, seen, interrupted.signal.aborted);
    if (values.keep && !interrupted.signal.aborted) {
      console.log(`\nStill up: ${scene.serverUrl} and ${scene.shopUrl}; Ctrl-C ends it.`);
      await once(interrupted.signal, 'abort');
    }
    await scene.stop();
    return isFine || interrupted.signal.aborted ? 0 : 1;
  });
}

async function startScene(lifetime: Lifetime): Promise<Scene> {
  const key = generatePseudonymKey('k1', systemRandom);
  const keyFile = path.join(temporaryDirectory(lifetime), 'guard.keys');
  writeFileSync(keyFile, formatKeyFile([key]), { mode: 0o600 });
  // Its port is known before it starts: the server scrapes it.
  const shopPort = await freePort();
  const server = await startVedette(lifetime, { config: configOf(shopPort) });
  const shop = await startExample(lifetime, 'express-app', {
    PORT: String(shopPort),
    VEDETTE_URL: server.url,
    GUARD_KEY_FILE: keyFile,
    SESSION_SECRET: 'of a demonstration',
  });
  const visitorOf = async (name: string): Promise<Visitor> =>
    new Visitor({ name, shopUrl: shop.url, token: await tokenOf(shop, name) });
  const pseudonym = pseudonymsOf('mallory', 'user', [key])[0] ?? '';
  return {
    serverUrl: server.url,
    shopUrl: shop.url,
    honest: await Promise.all(HONEST.map(({ name }) => visitorOf(name))),
    mallory: await visitorOf('mallory'),
    judge: () => server.json<Judged>(`/guard/check?scope=user&id=${encodeURIComponent(pseudonym)}`),
    stop: async () => {
      await shop.stop();
      server.kill('SIGTERM');
      await server.exited();
    },
  };
}

function configOf(shopPort: number): string {
  return `
scrape_configs:
  - { job_name: shop, scrape_interval: 2s, scrape_timeout: 1s, static_configs: [{ targets: ['127.0.0.1:${shopPort}'] }] }
guard:
  mode: enforce
  dynamic_thresholds: { enabled: false }
  escalation: { jitter: 0 }
  policies:
    - { name: actions-per-minute, mode: off }
    - name: burst
      window: 10s
      steps:
        - { over: 20, decide: slow, for: 10s }
        - { over: 40, decide: refuse, for: 15s }
`;
}

function introduce({ serverUrl, shopUrl }: Scene): void {
  const graph = `${serverUrl}/graph?g0.expr=${encodeURIComponent('guard_http_requests_total')}`;
  console.log(`
Policy   over 20 actions in 10 s: slowed for 10 s; over 40: refused for 15 s
Shop     ${shopUrl} (examples/express-app)
Look at  ${serverUrl} meanwhile, and at the verdicts:
         ${graph}

Requests per minute, by the last ten seconds:
${headOf([...HONEST.map(({ name }) => name), 'mallory'])}`);
}

/** Lets them all loose until the signal; which verdicts Mallory met, in order. */
async function live(scene: Scene, signal: AbortSignal): Promise<readonly Verdict[]> {
  const startMs = performance.now();
  const people = HONEST.map(({ everyMs }, i) => scene.honest[i]?.browse(everyMs, signal));
  const seen: Verdict[] = [];
  const watching = watch(scene, { signal, startMs, seen });
  await Promise.all([...people, misbehave(scene.mallory, signal), watching]);
  for (const visitor of [...scene.honest, scene.mallory]) visitor.leave();
  return seen;
}

interface Watch {
  readonly signal: AbortSignal;
  readonly startMs: number;
  readonly seen: Verdict[];
}

async function watch(scene: Scene, { signal, startMs, seen }: Watch): Promise<void> {
  let from: Verdict = 'allow';
  let rowAtMs = ROW_EVERY_MS;
  while (!signal.aborted) {
    const judged = await scene.judge().catch(async (error: unknown) => {
      // Ctrl-C ends the server at the same moment.
      await pause(WATCH_EVERY_MS, signal);
      if (!signal.aborted) throw error;
    });
    if (judged === undefined) return;
    const { verdict: to, retryAfterSeconds, decision } = judged;
    const atMs = performance.now() - startMs;
    if (to !== from) {
      const reason = decision?.reason ?? '';
      const holdsSeconds = retryAfterSeconds ?? undefined;
      console.log(changeOf({ atMs, name: 'mallory', from, to, reason, holdsSeconds }, paint));
      seen.push(to);
      from = to;
    }
    if (atMs >= rowAtMs) {
      const rates = [...scene.honest, scene.mallory].map((visitor) => visitor.ratePerMinute(Date.now()));
      console.log(rowOf(atMs, rates, to, paint));
      rowAtMs += ROW_EVERY_MS;
    }
    await pause(WATCH_EVERY_MS, signal);
  }
}

/** Says what was seen; whether it was what a guard is for. */
function conclude({ honest, mallory }: Scene, seen: readonly Verdict[], isInterrupted: boolean): boolean {
  const count = (verdict: Verdict): number => seen.filter((one) => one === verdict).length;
  const times = (verdict: Verdict): string =>
    ['never', 'once', 'twice'][count(verdict)] ?? `${count(verdict)} times`;
  const { asked, answered, slowed, refused } = mallory.counts;
  console.log(`
mallory  ${asked} requests: ${answered} answered at once, ${slowed} slowed, ${refused} refused.
         Slowed ${times('slow')}, refused ${times('refuse')}, released ${times('allow')}.`);
  const people = honest.map(({ name, counts }) => ({ name, ...counts }));
  for (const { name, asked: all, answered: fine } of people)
    console.log(`${name.padEnd(7)}  ${all} requests: ${fine === all ? 'all' : fine} answered at once.`);
  // Ctrl-C reaches the shop at the same moment: what is under way then fails.
  const isHarmed = people.some(({ refused: no, failed }) => no + (isInterrupted ? 0 : failed) > 0);
  const isFine = count('refuse') > 0 && count('allow') > 0 && !isHarmed;
  if (isHarmed) console.log(paint.bad('Somebody honest was refused or got no answer: that must not be.'));
  else if (isFine) console.log(paint.good('The guard stopped one and hindered nobody else.'));
  else console.log(paint.warn('Mallory was not seen refused and released.'));
  return isFine;
}
