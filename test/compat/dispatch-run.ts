/** Runs scenarios against two alert managers at the same time and collects what each told to whom. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import * as path from 'node:path';
import { PEERS, projectRoot } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { temporaryDirectory, type Lifetime } from '../support/vedette-process.ts';
import {
  gridOf,
  RESOLVE_TIMEOUT_MS,
  type Action,
  type PostedAlert,
  type Scenario,
  type Step,
} from './dispatch-scenarios.ts';
import { freePort } from '../support/free-port.ts';

/** A request to one of a receiver's webhooks. Times in ms from the beginning of its scenario. */
export interface Told {
  readonly atMs: number;
  /** `RECEIVER/INDEX`. */
  readonly webhook: string;
  readonly wasRefused: boolean;
  readonly message: WebhookMessage;
}

export interface WebhookMessage {
  readonly status: string;
  readonly groupKey: string;
  readonly groupLabels: Readonly<Record<string, string>>;
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly startsAt: string;
    readonly endsAt: string;
    readonly fingerprint: string;
  }[];
}

/** What one side did in one scenario. */
export interface Course {
  readonly told: readonly Told[];
  /** Status codes of the answers to its steps, in order. */
  readonly answers: readonly number[];
  /** When the scenario began, wall clock. */
  readonly baseMs: number;
  /** How long its reload took, if it had one: all timers start at the end of it. */
  readonly reloadTookMs: number;
}

export interface Courses {
  readonly theirs: Course;
  readonly ours: Course;
}

/** Ticks are half a second from all that happens, so that a message this early or late is at the same tick. */
export const TOLERANCE_MS = 400;

export interface DispatchRun {
  /** By name of the scenario. */
  readonly courses: ReadonlyMap<string, Courses>;
  /** Share of the time in which one side answered nothing for longer than the tolerance. */
  readonly stalledRatio: number;
}

/** All of the scenarios reload, or none does. */
export async function runScenarios(t: Lifetime, scenarios: readonly Scenario[]): Promise<DispatchRun> {
  const [theirs, ours] = await Promise.all([
    startSide(t, [PEERS.alertmanager, '--cluster.listen-address='], scenarios),
    startSide(t, [path.join(projectRoot, 'packages/server/bin/vedette'), 'alertmanager'], scenarios),
  ]);
  const beginMs = Date.now() + 500;
  let isOver = false;
  // Of theirs: what ours stands still for by itself explains no difference.
  const stalled = stalledMsOf(theirs, () => isOver);
  const { endMs, reloadMs, unitMs } = gridOf(scenarios.some(({ reloaded }) => reloaded !== undefined));
  const reloads = reloadMs === undefined ? [0, 0] : reloadBoth([theirs, ours], scenarios, beginMs + reloadMs);
  const runs = scenarios.map(async (scenario, i) => {
    // Spread over a second, so that they are not all at work in the same moments. A reload is for all at once.
    const baseMs = beginMs + (reloadMs === undefined ? Math.round((i * unitMs) / scenarios.length) : 0);
    const answers = await Promise.all([theirs, ours].map((side) => runSteps(side, scenario, baseMs)));
    await sleepUntil(baseMs + endMs);
    const tookMs = await reloads;
    const courseOf = (side: Side, i: number): Course => ({
      told: side.told
        .filter(({ webhook }) => webhook.startsWith(`${scenario.name}-`))
        .map((told) => ({ ...told, atMs: told.atMs - baseMs })),
      answers: answers[i] ?? [],
      baseMs,
      reloadTookMs: tookMs[i] ?? 0,
    });
    return [scenario.name, { theirs: courseOf(theirs, 0), ours: courseOf(ours, 1) }] as const;
  });
  const courses = await Promise.all(runs);
  isOver = true;
  const stalledRatio = (await stalled) / (Date.now() - beginMs);
  for (const side of [theirs, ours]) side.stop();
  return { courses: new Map(courses), stalledRatio };
}

const PROBE_EVERY_MS = 100;

/** How long a side, or whoever asks it, stood still in sum. */
async function stalledMsOf({ url }: Side, isOver: () => boolean): Promise<number> {
  let stalledMs = 0;
  while (!isOver()) {
    const askedMs = performance.now();
    await (await fetch(`${url}/-/ready`)).arrayBuffer();
    await new Promise((resolve) => setTimeout(resolve, PROBE_EVERY_MS));
    const lateMs = performance.now() - askedMs - PROBE_EVERY_MS;
    if (lateMs > TOLERANCE_MS) stalledMs += lateMs;
  }
  return stalledMs;
}

interface Side {
  readonly url: string;
  readonly told: Told[];
  /** Names of receivers. */
  readonly refusing: Set<string>;
  readonly hookUrl: string;
  readonly configFile: string;
  stop(): void;
}

async function startSide(
  t: Lifetime,
  [program = '', ...args]: readonly string[],
  scenarios: readonly Scenario[],
): Promise<Side> {
  const directory = temporaryDirectory(t);
  const configFile = path.join(directory, 'alertmanager.yml');
  const hook = await startHook(t);
  writeFileSync(configFile, configOf(scenarios, hook.hookUrl, 'config'));
  const port = await freePort();
  const child = spawn(
    program,
    [
      ...args,
      `--config.file=${configFile}`,
      `--storage.path=${path.join(directory, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  t.after(() => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  await until(`${program} to be ready`, async () => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${complaints}`);
    return (await fetch(`${url}/-/ready`)).ok ? true : undefined;
  });
  return { ...hook, url, configFile, stop: () => void child.kill('SIGKILL') };
}

async function startHook(t: Lifetime): Promise<Pick<Side, 'told' | 'refusing' | 'hookUrl'>> {
  const told: Told[] = [];
  const refusing = new Set<string>();
  const server = createServer((request, response) => {
    const atMs = Date.now();
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const webhook = (request.url ?? '').slice(1);
      const wasRefused = refusing.has(webhook.split('/')[0] ?? '');
      told.push({ atMs, webhook, wasRefused, message: JSON.parse(body) as WebhookMessage });
      response.writeHead(wasRefused ? 400 : 200).end();
    });
  });
  // A connection that is closed just when it is used again costs a retry, off the tick.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  t.after(() => (server.closeAllConnections(), void server.close()));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { told, refusing, hookUrl: `http://127.0.0.1:${port}` };
}

/** JSON is YAML. */
function configOf(scenarios: readonly Scenario[], hookUrl: string, which: 'config' | 'reloaded'): string {
  const parts = scenarios.map((scenario) => scenario[which] ?? scenario.config);
  const always = { times: [{ start_time: '00:00', end_time: '24:00' }] };
  return JSON.stringify({
    global: { resolve_timeout: `${RESOLVE_TIMEOUT_MS}ms` },
    route: { receiver: 'nobody', routes: parts.map(({ route }) => route) },
    inhibit_rules: parts.flatMap(({ inhibitRules }) => inhibitRules),
    receivers: [
      { name: 'nobody' },
      ...scenarios.flatMap(({ receivers }) =>
        receivers.map(({ name, webhooks }) => ({
          name,
          webhook_configs: webhooks.map((send_resolved, i) => ({
            url: `${hookUrl}/${name}/${i}`,
            send_resolved,
          })),
        })),
      ),
    ],
    time_intervals: [
      { name: 'always', time_intervals: [always] },
      { name: 'never', time_intervals: [{ years: ['2000'] }] },
    ],
  });
}

/** How long each took, in ms. */
async function reloadBoth(
  sides: readonly Side[],
  scenarios: readonly Scenario[],
  atMs: number,
): Promise<readonly number[]> {
  for (const { configFile, hookUrl } of sides)
    writeFileSync(configFile, configOf(scenarios, hookUrl, 'reloaded'));
  await sleepUntil(atMs);
  const reload = async ({ url }: Side): Promise<number> => {
    const begunMs = performance.now();
    const answer = await fetch(`${url}/-/reload`, { method: 'POST' });
    if (!answer.ok) throw new Error(`${url} did not reload: ${answer.status} ${await answer.text()}`);
    return performance.now() - begunMs;
  };
  return await Promise.all(sides.map(reload));
}

async function runSteps(side: Side, { steps }: Scenario, baseMs: number): Promise<readonly number[]> {
  const silences = new Map<string, string>();
  const answers: number[] = [];
  for (const { atMs, action } of steps) {
    await sleepUntil(baseMs + atMs);
    answers.push(await perform(side, action, baseMs, silences));
  }
  return answers;
}

async function perform(
  side: Side,
  action: Action,
  baseMs: number,
  silences: Map<string, string>,
): Promise<Step['atMs']> {
  switch (action.kind) {
    case 'post':
      return (
        await send(
          side,
          'POST',
          'alerts',
          action.alerts.map((alert) => alertBody(alert, baseMs)),
        )
      ).status;
    case 'silence': {
      const { ref, matchers, startsAtMs, endsAtMs } = action;
      const answer = await send(side, 'POST', 'silences', {
        ...(action.isChange ? { id: silences.get(ref) } : {}),
        matchers,
        startsAt: timeText(baseMs + startsAtMs),
        endsAt: timeText(baseMs + endsAtMs),
        createdBy: 'test',
        comment: 'test',
      });
      const body = await answer.text();
      if (answer.ok) silences.set(ref, (JSON.parse(body) as { silenceID: string }).silenceID);
      return answer.status;
    }
    case 'expire':
      return (await send(side, 'DELETE', `silence/${silences.get(action.ref)}`)).status;
    case 'refuse':
      if (action.isRefusing) side.refusing.add(action.receiver);
      else side.refusing.delete(action.receiver);
      return 200;
  }
}

function alertBody({ labels, annotations, startsAtMs, endsAtMs }: PostedAlert, baseMs: number): unknown {
  return {
    labels,
    annotations,
    ...(startsAtMs === undefined ? {} : { startsAt: timeText(baseMs + startsAtMs) }),
    ...(endsAtMs === undefined ? {} : { endsAt: timeText(baseMs + endsAtMs) }),
  };
}

function send({ url }: Side, method: string, resource: string, body?: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/api/v2/${resource}`, {
    method,
    ...(body === undefined ? {} : { headers, body: JSON.stringify(body) }),
  });
}

function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** Timers may be a millisecond early; what ends now must be over when it is posted. */
async function sleepUntil(atMs: number): Promise<void> {
  for (let leftMs = atMs - Date.now(); leftMs > 0; leftMs = atMs - Date.now())
    await new Promise((resolve) => setTimeout(resolve, leftMs));
}
