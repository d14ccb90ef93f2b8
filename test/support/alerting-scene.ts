import { writeFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import * as path from 'node:path';
import type { TestContext } from 'node:test';
import { startService } from './small-service.ts';
import { until } from './until.ts';
import { startVedette, temporaryDirectory, type Lifetime, type VedetteProcess } from './vedette-process.ts';

/** Alertmanager's webhook body, as far as tests look at it. */
export interface Message {
  readonly atMs: number;
  readonly key: string;
  readonly status: string;
  readonly alerts: readonly {
    readonly status: string;
    readonly labels: Record<string, string>;
    readonly annotations: Record<string, string>;
    readonly startsAt: string;
  }[];
}

/** A webhook that answers as told; by default at once with 200. */
export interface Hook {
  readonly url: string;
  readonly messages: Message[];
  answer: (response: ServerResponse, count: number) => void;
  /** `status alertname+alertname`, of the messages so far. */
  texts(): string[];
}

export async function startHook(t: Lifetime): Promise<Hook> {
  const messages: Message[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const message = JSON.parse(body) as Message;
      messages.push({
        ...message,
        atMs: performance.now(),
        key: String(request.headers['idempotency-key']),
      });
      hook.answer(response, messages.length);
    });
  });
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done));
  t.after(() => (server.closeAllConnections(), void server.close()));
  const address = server.address();
  const hook: Hook = {
    url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/hook`,
    messages,
    answer: (response) => void response.end(),
    texts: () =>
      messages.map(
        ({ status, alerts }) => `${status} ${alerts.map(({ labels }) => labels['alertname']).join('+')}`,
      ),
  };
  return hook;
}

/** A configuration with rules in files beside it, and a gauge that rules can watch. */
export interface Scene {
  readonly directory: string;
  readonly dataDirectory: string;
  /**
   * What `level` shows from the next scrape on. On a busy machine a scrape comes too late now and then and ends the
   * series for a moment: rules ask for `LEVEL`, which keeps the last one.
   */
  level: number;
  /** More of `global`, for the next write of `vedette.yml`. */
  global: string;
  /** Writes a file beside the configuration; of `vedette.yml` the part after what every scene has. */
  write(name: string, text: string): void;
  start(env?: Readonly<Record<string, string>>): Promise<VedetteProcess>;
}

/** The last `level` that was scraped, quoted for a rule in one line. */
export const LEVEL = 'last_over_time(level[5m])';

/**
 * Scrapes and evaluates twice a second. `more` is the rest of the configuration, which is read from the
 * file at each start and reload: `alertmanager`, `query`.
 */
export async function createScene(
  t: TestContext,
  options: { readonly rules: string; readonly more: string; readonly global?: string },
): Promise<Scene> {
  const directory = temporaryDirectory(t);
  const dataDirectory = temporaryDirectory(t);
  const service = await startService(t, () => ({ body: `# TYPE level gauge\nlevel ${scene.level}\n` }));
  const base = (): string =>
    `global: { scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms${scene.global} }
packs: { host: false, containers: false }
rule_files: [ rules.yml ]
scrape_configs: [ { job_name: api, static_configs: [ { targets: ["127.0.0.1:${service.port}"] } ] } ]
`;
  const args = ['--no-host', '--config', path.join(directory, 'vedette.yml')];
  const scene: Scene = {
    directory,
    dataDirectory,
    level: 0,
    global: options.global ?? '',
    write: (name, text) =>
      writeFileSync(path.join(directory, name), name === 'vedette.yml' ? base() + text : text),
    start: (env = {}) => startVedette(t, { dataDirectory, args, env }),
  };
  scene.write('rules.yml', options.rules);
  scene.write('vedette.yml', options.more);
  return scene;
}

export function rulesOf(...rules: readonly string[]): string {
  return `groups:\n  - name: g\n    rules:\n${rules.map((rule) => `      - { ${rule} }\n`).join('')}`;
}

/** `alertmanager:` with one route and one webhook per address. */
export function routeOf(hooks: readonly { readonly url: string }[], route = ''): string {
  const webhooks = hooks.map(({ url }) => `{ url: "${url}" }`).join(', ');
  return `alertmanager:
  route: { receiver: ops, group_by: [alertname], group_wait: 100ms, group_interval: 500ms, repeat_interval: 1h${route} }
  receivers: [ { name: ops, webhook_configs: [ ${webhooks} ] } ]
`;
}

interface AlertShown {
  readonly labels: Record<string, string>;
  readonly state: string;
  readonly activeAt: string;
  readonly annotations: Record<string, string>;
}

export async function alertsOf(vedette: VedetteProcess): Promise<readonly AlertShown[]> {
  return (await vedette.json<{ data: { alerts: AlertShown[] } }>('/api/v1/alerts')).data.alerts;
}

export async function untilFiring(vedette: VedetteProcess, name: string): Promise<AlertShown> {
  return await until(`${name} firing`, async () =>
    (await alertsOf(vedette)).find(({ labels, state }) => labels['alertname'] === name && state === 'firing'),
  );
}

/**
 * Until so many notifications are on record as delivered. One that was sent and not recorded comes again after a kill,
 * under the same key; who kills the process and counts messages waits for this first.
 */
export async function untilRecorded(vedette: VedetteProcess, count: number): Promise<void> {
  await until(`${count} deliveries on record`, async () => {
    const entries = await vedette.json<readonly { outcome: string }[]>('/api/vedette/notifications');
    return entries.filter(({ outcome }) => outcome === 'delivered').length >= count ? true : undefined;
  });
}

/** The value of one sample of the own metrics; 0 when it is absent. */
export async function metricOf(vedette: VedetteProcess, start: string): Promise<number> {
  const text = await (await vedette.get('/metrics')).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(start));
  return Number(line?.split(' ').at(-1) ?? 0);
}

/** Lets the rule groups evaluate so many times more: how "nothing happens any more" is waited for. */
export async function untilEvaluated(vedette: VedetteProcess, count: number): Promise<void> {
  // On a busy machine slots pass unused, which are counted among the iterations.
  const evaluations = async (): Promise<number> =>
    (await metricOf(vedette, 'vedette_rule_group_iterations_total')) -
    (await metricOf(vedette, 'vedette_rule_group_iterations_missed_total'));
  const before = await evaluations();
  await until(`${count} evaluations`, async () =>
    (await evaluations()) >= before + count ? true : undefined,
  );
}

/** Sends SIGHUP and waits for its outcome in the log. */
export async function reload(
  vedette: VedetteProcess,
  outcome: RegExp = /configuration was reloaded/,
): Promise<void> {
  const before = vedette.stderr().length;
  vedette.kill('SIGHUP');
  await until(`the reload: ${outcome}`, () =>
    outcome.test(vedette.stderr().slice(before)) ? true : undefined,
  );
}
