/**
 * The three programs that are compared, behind one interface: start, feed by remote write, ask, restart on the same
 * data. A peer that is not installed is left out and named, so that the benchmark runs on any machine.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { HttpClient, type HttpAnswer } from './http-client.ts';
import {
  projectRoot,
  startPrometheus,
  startVedette,
  startVictoriaMetrics,
  vedetteDataOf,
  type MeasuredProcess,
  type StartOptions,
} from './server-process.ts';

export type PeerKind = 'vedette' | 'prometheus' | 'victoria-metrics';

/** How each is set up: raw samples for longer than the longest query asks back, nothing scraped. */
const PEERS: readonly {
  readonly kind: PeerKind;
  readonly title: string;
  readonly program: string;
  readonly start: (options: StartOptions) => Promise<MeasuredProcess>;
  readonly config?: string;
  readonly args: readonly string[];
}[] = [
  {
    kind: 'vedette',
    title: 'Vedette',
    program: path.join(projectRoot, 'packages/server/bin/vedette'),
    start: startVedette,
    config: 'storage: { metrics: { retention: 40d } }\npacks: { host: false, containers: false }\n',
    args: ['--no-host'],
  },
  {
    kind: 'prometheus',
    title: 'Prometheus',
    program: '/usr/bin/prometheus',
    start: startPrometheus,
    config: '',
    args: ['--storage.tsdb.retention.time=40d'],
  },
  {
    kind: 'victoria-metrics',
    title: 'VictoriaMetrics',
    program: '/usr/bin/victoria-metrics',
    start: startVictoriaMetrics,
    // Without the offset the newest half minute of a range would be another than the one asked for.
    args: ['-retentionPeriod=40d', '-search.latencyOffset=0s'],
  },
];

export interface PeerOptions {
  /** In place of the configuration for fed data. */
  readonly config?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** After those that it always gets. */
  readonly args?: readonly string[];
  /** Fills the data directory before the first start. */
  readonly prepare?: (place: PeerPlace) => void;
}

/** Where a program will find its data and, ours, its configuration. */
export interface PeerPlace {
  readonly kind: PeerKind;
  readonly data: string;
  readonly configFile: string;
}

/** Names of the peers that this machine does not have, for the tables. */
export function missingPeers(): string[] {
  return PEERS.filter(({ program }) => !existsSync(program)).map(({ title }) => `${title}: not installed`);
}

/** Those that can be started here, ours first. */
export function installedKinds(): PeerKind[] {
  return PEERS.filter(({ program }) => existsSync(program)).map(({ kind }) => kind);
}

export function isInstalled(kind: PeerKind): boolean {
  return installedKinds().includes(kind);
}

/** Starts one of them in a directory of its own. */
export async function startPeer(kind: PeerKind, options: PeerOptions = {}): Promise<Peer> {
  const found = PEERS.find((one) => one.kind === kind);
  if (found === undefined) throw new Error(`no peer "${kind}"`);
  const directory = mkdtempSync(path.join(tmpdir(), `bench-${kind}-`));
  const config = options.config ?? found.config;
  const configFile = path.join(directory, 'vedette.yml');
  if (kind === 'vedette') writeFileSync(configFile, config ?? '');
  options.prepare?.({ kind, data: vedetteDataOf(directory), configFile });
  const settings: StartOptions = {
    directory,
    args: [...found.args, ...(options.args ?? [])],
    ...(config === undefined ? {} : { config }),
    ...(options.env === undefined ? {} : { env: options.env }),
  };
  const start = (): Promise<MeasuredProcess> => found.start(settings);
  const running = await start();
  return new Peer(kind, `${found.title} ${await versionOf(found.program, running.url)}`, start, running);
}

/** Starts all that are installed, ours first. */
export async function startPeers(options: PeerOptions = {}): Promise<PeerGroup> {
  const peers: Peer[] = [];
  for (const kind of installedKinds()) peers.push(await startPeer(kind, options));
  return new PeerGroup(peers);
}

export class PeerGroup implements AsyncDisposable {
  readonly all: readonly Peer[];

  constructor(all: readonly Peer[]) {
    this.all = all;
  }

  get ours(): Peer {
    const [ours] = this.all;
    if (ours?.kind !== 'vedette') throw new Error('our own server is not among the programs');
    return ours;
  }

  /** All but ours. */
  get others(): readonly Peer[] {
    return this.all.slice(1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((peer) => peer[Symbol.asyncDispose]()));
  }
}

export class Peer implements AsyncDisposable {
  readonly kind: PeerKind;
  /** With the version that it reports. */
  readonly name: string;
  readonly #start: () => Promise<MeasuredProcess>;
  #process: MeasuredProcess;
  #client = new HttpClient();

  constructor(kind: PeerKind, name: string, start: () => Promise<MeasuredProcess>, running: MeasuredProcess) {
    this.kind = kind;
    this.name = name;
    this.#start = start;
    this.#process = running;
  }

  get pid(): number {
    return this.#process.pid;
  }

  get url(): string {
    return this.#process.url;
  }

  get dataDirectory(): string {
    return vedetteDataOf(this.#process.directory);
  }

  get hasNativeHistograms(): boolean {
    return this.kind !== 'victoria-metrics';
  }

  /** For administration: no body, the answer must be a good one. */
  async post(target: string): Promise<void> {
    const { status, body } = await this.#client.post(`${this.url}${target}`, '', {});
    if (status >= 300)
      throw new Error(`${this.name} refused ${target}: ${status} ${body.toString().slice(0, 300)}`);
  }

  write(body: Uint8Array): Promise<void> {
    return writeTo(this.#client, this.url, body);
  }

  /** Asks as `ask` does, over a connection of its own that the caller closes. */
  openClient(): AskingClient {
    const client = new HttpClient();
    const { url } = this;
    return {
      ask: (endpoint, parameters) => askWith(client, `${url}/api/v1/${endpoint}`, parameters),
      close: () => client[Symbol.dispose](),
    };
  }

  /** Asks with caches of results off, wherever there is one. The body is whole and unread. */
  ask(endpoint: Endpoint, parameters: Parameters): Promise<HttpAnswer> {
    return askWith(this.#client, `${this.url}/api/v1/${endpoint}`, parameters);
  }

  async stop(): Promise<void> {
    this.#client[Symbol.dispose]();
    await this.#process.stop();
  }

  /** Stops it in good order and starts it on the same data; milliseconds until it serves again. */
  async restart(): Promise<number> {
    await this.stop();
    this.#client = new HttpClient();
    this.#process = await this.#start();
    return this.#process.readyMs;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client[Symbol.dispose]();
    await this.#process[Symbol.asyncDispose]();
  }
}

type Endpoint = 'query' | 'query_range';
type Parameters = Readonly<Record<string, string>>;

interface AskingClient {
  readonly ask: (endpoint: Endpoint, parameters: Parameters) => Promise<HttpAnswer>;
  readonly close: () => void;
}

function askWith(client: HttpClient, url: string, parameters: Parameters): Promise<HttpAnswer> {
  const form = new URLSearchParams({ ...parameters, nocache: '1' }).toString();
  return client.post(url, form, { 'Content-Type': 'application/x-www-form-urlencoded' });
}

/** Sends the bytes of a write request (1.0, snappy); throws unless they are taken. */
export async function writeTo(client: HttpClient, url: string, body: Uint8Array): Promise<void> {
  const answer = await client.post(`${url}/api/v1/write`, body, {
    'Content-Type': 'application/x-protobuf',
    'Content-Encoding': 'snappy',
    'X-Prometheus-Remote-Write-Version': '0.1.0',
  });
  if (answer.status >= 300)
    throw new Error(`${url} refused a write: ${answer.status} ${answer.body.toString().slice(0, 300)}`);
}

const DPKG_QUERY = '/usr/bin/dpkg-query';

/** What it says of itself; Debian's VictoriaMetrics was built without saying, there the package knows. */
async function versionOf(program: string, url: string): Promise<string> {
  const answer = await fetch(`${url}/api/v1/status/buildinfo`).then((response) => response.text());
  const reported = /"version":"([^"+]+)/.exec(answer)?.[1];
  if (reported !== undefined) return reported;
  try {
    const packageName = path.basename(program);
    const text = execFileSync(DPKG_QUERY, ['-W', '-f', '${Version}', packageName], { encoding: 'utf8' });
    return text.replace(/[+-].*$/, '');
  } catch {
    return '(version unknown)';
  }
}
