import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { freePort } from '../../test/support/free-port.ts';
import {
  startVedette,
  temporaryDirectory,
  type Lifetime,
  type VedetteProcess,
} from '../../test/support/vedette-process.ts';
import { demoConfig, DEMO_RULES } from './config.ts';
import { releaseCrowd } from './crowd.ts';
import { FAULTS, type Fault } from './world.ts';

export interface DemoOptions {
  /** From the beginning of one fault to that of the next. */
  readonly faultEveryMs: number;
  readonly faultMs: number;
  /** Before the first fault: charts show what is normal. */
  readonly calmMs: number;
  /** How long the abuser rests after each ban. */
  readonly abuserRestMs: number;
  /** `HOST:PORT`; absent: a free port. */
  readonly listen?: string;
  readonly dataDirectory?: string;
  /** What happens, in words, as it happens. */
  readonly onEvent: (event: DemoEvent) => void;
}

export type DemoEvent =
  | { readonly kind: 'fault'; readonly fault: Fault; readonly isBegin: boolean }
  | { readonly kind: 'told'; readonly status: string; readonly alerts: readonly string[] };

export interface Demo {
  readonly server: VedetteProcess;
  readonly shopUrl: string;
  /** Ends people and shop; the server stops with the lifetime. */
  readonly stop: () => Promise<void>;
}

/** A server, the shop that it watches, its visitors, and what goes wrong. */
export async function startDemo(lifetime: Lifetime, options: DemoOptions): Promise<Demo> {
  const rulesFile = path.join(temporaryDirectory(lifetime), 'shop.yml');
  writeFileSync(rulesFile, DEMO_RULES);
  const shopPort = await freePort();
  const hookUrl = await startHook(lifetime, options.onEvent);
  const server = await startVedette(lifetime, {
    config: demoConfig({ shopPort, hookUrl, rulesFile }),
    ...(options.dataDirectory === undefined ? {} : { dataDirectory: options.dataDirectory }),
    ...(options.listen === undefined ? {} : { args: ['--listen', options.listen] }),
  });
  const shop = new ShopProcess({ PORT: String(shopPort), VEDETTE_URL: server.url });
  lifetime.after(() => shop.kill());
  await shop.start();
  const ended = new AbortController();
  const { signal } = ended;
  const shopUrl = `http://127.0.0.1:${shopPort}`;
  const acts = [
    releaseCrowd({ shopUrl, signal, restMs: options.abuserRestMs }),
    breakThings(shop, options, signal),
  ];
  const stop = async (): Promise<void> => {
    ended.abort();
    await Promise.all(acts);
    await shop.kill();
  };
  lifetime.after(stop);
  return { server, shopUrl, stop };
}

/** One fault after the other, each followed by quiet. After a crash the shop comes back as the next version. */
async function breakThings(shop: ShopProcess, options: DemoOptions, signal: AbortSignal): Promise<void> {
  const { faultMs, faultEveryMs, onEvent } = options;
  await pause(options.calmMs, signal);
  for (let i = 0; !signal.aborted; i++) {
    const fault = FAULTS[i % FAULTS.length] ?? 'payments';
    onEvent({ kind: 'fault', fault, isBegin: true });
    if (fault === 'crash') await shop.kill();
    else shop.tell({ fault });
    await pause(faultMs, signal);
    if (signal.aborted) return;
    if (fault === 'crash') await shop.start();
    else shop.tell({});
    onEvent({ kind: 'fault', fault, isBegin: false });
    await pause(faultEveryMs - faultMs, signal);
  }
}

class ShopProcess {
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  #release = 0;

  constructor(env: Readonly<Record<string, string>>) {
    this.#env = env;
  }

  async start(): Promise<void> {
    const version = `1.${this.#release++}.0`;
    const child = fork(path.join(import.meta.dirname, 'shop.ts'), {
      env: { ...process.env, ...this.#env, SHOP_VERSION: version },
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    this.#child = child;
    const isReady = once(child, 'message').then(() => true);
    const isGone = once(child, 'exit').then(() => false);
    if (!(await Promise.race([isReady, isGone]))) throw new Error('the shop ended before it was ready');
  }

  tell(message: { readonly fault?: Fault }): void {
    this.#child?.send(message);
  }

  /** Twice is safe. */
  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }
}

/** Where notifications arrive: they are told to whoever watches. */
async function startHook(lifetime: Lifetime, onEvent: DemoOptions['onEvent']): Promise<string> {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      const { status, alerts } = JSON.parse(body) as {
        readonly status: string;
        readonly alerts: readonly { readonly annotations: Readonly<Record<string, string>> }[];
      };
      onEvent({
        kind: 'told',
        status,
        alerts: alerts.map(({ annotations }) => annotations['summary'] ?? ''),
      });
      response.end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  lifetime.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined);
}
