import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { SeededRandom } from '@vedette/model';
import { routeOf, rulesOf, startHook } from '../alerting-scene.ts';
import { startService } from '../small-service.ts';
import {
  EndedError,
  startVedette,
  temporaryDirectory,
  type Lifetime,
  type VedetteProcess,
} from '../vedette-process.ts';
import { checkScraped, checkWriter, Faults, scrapedOf, type Scraped } from './check.ts';
import { NotificationCheck } from './notifications.ts';
import { SilenceLoad } from './silences.ts';
import { Writer, WRITERS } from './writers.ts';

/**
 * The real process, killed with SIGKILL at moments that a seed chooses, again and again on one data directory.
 *
 * Each round: start (one in six is killed before it is ready) · check everything that was told before · load: four
 * senders of remote write, a scraped target, alerts that come and go, silences that are made and changed, queries, and
 * now and then a flush, a deletion of nothing, a backup · kill. Most rounds live up to a second; one in eight lives past the first tick of the
 * maintenance, so that kills fall into flushes and compactions, too. The seed decides the plan; when exactly a kill
 * falls the machine decides.
 */
export async function runCrashRounds(
  t: Lifetime,
  { rounds, seed, msMax, onRound }: CrashOptions,
): Promise<CrashReport> {
  const scene = await createCrashScene(t, seed);
  const endMs = performance.now() + msMax;
  let played = 0;
  try {
    for (; played < rounds && performance.now() < endMs && scene.faults.texts.length === 0; played++) {
      await playRound(scene, played);
      onRound(`round ${played + 1}: ${scene.samplesChecked.toLocaleString('en')} samples checked`);
    }
    await endInOrder(scene, played);
  } catch (error) {
    // What was played until then is reported, too.
    scene.faults.add(`round ${played + 1}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const { faults, phases, startsMs, samplesChecked, notifications, found } = scene;
  return {
    rounds: played,
    phases,
    samplesChecked,
    startsMs,
    notifications: notifications.count,
    silenceChanges: scene.silences.changes,
    repeats: notifications.repeats,
    found,
    faults: faults.texts,
  };
}

export interface CrashOptions {
  readonly rounds: number;
  readonly seed: number;
  /** No round begins after this much time: a slow machine plays fewer. */
  readonly msMax: number;
  readonly onRound: (line: string) => void;
}

export interface CrashReport {
  readonly rounds: number;
  /** Kills by what was under way. */
  readonly phases: ReadonlyMap<string, number>;
  /** Samples looked at, those of every check together. */
  readonly samplesChecked: number;
  /** From the spawn to the ready line, of each start. */
  readonly startsMs: readonly number[];
  /** Silences made, edited and expired. */
  readonly silenceChanges: number;
  /** Notifications by their key, and how many came a second time. */
  readonly notifications: number;
  readonly repeats: number;
  /** What starts said of the disk, with how often. */
  readonly found: ReadonlyMap<string, number>;
  /** What was lost, doubled or never written; empty when all is well. */
  readonly faults: readonly string[];
}

/** A start takes half a second; with a load of twenty at a low priority it took 90 s, which was no hang. */
const START_MS_MAX = 300_000;

const ALERTS = ['A', 'B', 'C'];

/** 16 kB of samples: every tick of the maintenance flushes. */
const CONFIG = `global: { scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms }
packs: { host: false, containers: false }
storage: { metrics: { head_bytes_max: 16KB, retention: 10d } }
rule_files: [ rules.yml ]
`;

interface CrashScene {
  readonly random: SeededRandom;
  readonly start: (onSpawn?: (child: ChildProcess) => void) => Promise<VedetteProcess>;
  readonly writers: readonly Writer[];
  readonly notifications: NotificationCheck;
  readonly silences: SilenceLoad;
  readonly firing: Map<string, boolean>;
  readonly faults: Faults;
  readonly phases: Map<string, number>;
  readonly found: Map<string, number>;
  readonly startsMs: number[];
  readonly messageCount: () => number;
  scraped: Scraped;
  samplesChecked: number;
}

async function createCrashScene(t: Lifetime, seed: number): Promise<CrashScene> {
  const random = new SeededRandom(seed);
  const firing = new Map(ALERTS.map((name) => [name, false]));
  let scrapes = 0;
  const service = await startService(t, () => {
    const levels = ALERTS.map((name) => `level{of="${name}"} ${firing.get(name) === true ? 1 : 0}`);
    return {
      body: `# TYPE level gauge\n${levels.join('\n')}\n# TYPE scrapes_total counter\nscrapes_total ${++scrapes}\n`,
    };
  });
  const hook = await startHook(t);
  const directory = temporaryDirectory(t);
  const dataDirectory = temporaryDirectory(t);
  const config = path.join(directory, 'vedette.yml');
  const target = `scrape_configs: [ { job_name: api, static_configs: [ { targets: ["127.0.0.1:${service.port}"] } ] } ]\n`;
  writeFileSync(config, CONFIG + target + routeOf([hook]));
  const rules = ALERTS.map((name) => `alert: ${name}, expr: 'level{of="${name}"} > 0'`);
  writeFileSync(path.join(directory, 'rules.yml'), rulesOf(...rules));
  const startMs = Date.now() - 5 * 86_400_000;
  return {
    random,
    start: (onSpawn) =>
      startVedette(t, {
        dataDirectory,
        args: ['--no-host', '--config', config],
        readyMsMax: START_MS_MAX,
        ...(onSpawn === undefined ? {} : { onSpawn }),
      }),
    writers: Array.from({ length: WRITERS }, (_, id) => new Writer(id, startMs, random)),
    notifications: new NotificationCheck(hook),
    silences: new SilenceLoad(random),
    firing,
    faults: new Faults(),
    phases: new Map(),
    found: new Map(),
    startsMs: [],
    messageCount: () => hook.messages.length,
    scraped: [],
    samplesChecked: 0,
  };
}

async function endInOrder(scene: CrashScene, round: number): Promise<void> {
  const last = await startAndCheck(scene);
  await scene.notifications.settle(scene.firing);
  scene.notifications.judge(round, scene.faults);
  last.kill('SIGTERM');
  await last.exited();
}

async function playRound(scene: CrashScene, round: number): Promise<void> {
  const { random } = scene;
  if (round > 0 && random.float() < 1 / 6) await killWhileStarting(scene);
  const shown = scene.notifications.shownIds;
  const from = scene.messageCount();
  const vedette = await startAndCheck(scene);
  const load = new Load(scene, vedette);
  const running = load.run();
  const isLong = random.float() < 1 / 8;
  await sleep(isLong ? 4500 + random.float() * 2000 : 100 + random.float() * 900);
  count(scene.phases, isLong ? `${load.phase} (long)` : load.phase);
  vedette.kill('SIGKILL');
  await vedette.exited();
  load.isOver = true;
  await running;
  scene.notifications.judge(round, scene.faults);
  scene.notifications.checkRepeats(shown, from, scene.faults);
}

/** Kills between the spawn and the ready line: replay, repair and the first batches. */
async function killWhileStarting({ start, random, phases }: CrashScene): Promise<void> {
  const delayMs = random.float() * 800;
  try {
    const vedette = await start((child) => void setTimeout(() => child.kill('SIGKILL'), delayMs));
    await vedette.exited();
    count(phases, 'just ready');
  } catch (error) {
    if (!(error instanceof EndedError) || !error.message.includes('SIGKILL')) throw error;
    count(phases, 'start');
  }
}

async function startAndCheck(scene: CrashScene): Promise<VedetteProcess> {
  const { faults, notifications } = scene;
  const beganMs = performance.now();
  const vedette = await scene.start();
  scene.startsMs.push(performance.now() - beganMs);
  for (const line of vedette.stderr().split('\n'))
    if (/"level":"(?:warn|error)"|in order|unfinished/.test(line))
      count(scene.found, /"msg":"([^"]*)"/.exec(line)?.[1] ?? line);
  for (const writer of scene.writers) scene.samplesChecked += await checkWriter(vedette, writer, faults);
  const scraped = await scrapedOf(vedette);
  checkScraped(scene.scraped, scraped, faults);
  scene.scraped = scraped;
  await notifications.check(vedette, faults);
  await scene.silences.check(vedette, faults);
  return vedette;
}

/** What goes on in a process until it is killed. */
class Load {
  isOver = false;
  /** What is under way beside the writes. */
  #task: string | undefined;
  readonly #scene: CrashScene;
  readonly #vedette: VedetteProcess;

  constructor(scene: CrashScene, vedette: VedetteProcess) {
    this.#scene = scene;
    this.#vedette = vedette;
  }

  get phase(): string {
    return (
      this.#task ?? (this.#scene.writers.some(({ isWriting }) => isWriting) ? 'write' : 'between writes')
    );
  }

  async run(): Promise<void> {
    const { writers, silences } = this.#scene;
    await Promise.all([
      ...writers.map((writer) => writer.run(this.#vedette, () => this.isOver)),
      silences.run(this.#vedette, () => this.isOver),
      this.#disturb(),
      this.#watch(),
    ]);
  }

  /** Alerts flip, and what operators do is done; it ends with the process. */
  async #disturb(): Promise<void> {
    const { random, firing } = this.#scene;
    try {
      for (;;) {
        await sleep(random.float() * 300);
        if (this.isOver) return;
        const name = ALERTS[Math.floor(random.float() * ALERTS.length)] ?? '';
        if (random.float() < 0.3) firing.set(name, firing.get(name) !== true);
        // Half of the time nothing is done beside the writes.
        const [task, request] = TASKS[Math.floor(random.float() * TASKS.length * 2)] ?? [];
        if (task === undefined || request === undefined) continue;
        this.#task = task;
        await (await this.#vedette.get(request, { method: 'POST' })).text();
        this.#task = undefined;
      }
    } catch {
      // Killed meanwhile; the task stays, to be named.
    }
  }

  /** What is shown from now on must be there after the kill. */
  async #watch(): Promise<void> {
    try {
      while (!this.isOver) {
        this.#scene.scraped = await scrapedOf(this.#vedette);
        await this.#scene.notifications.look(this.#vedette);
        await sleep(100);
      }
    } catch {
      // Killed meanwhile.
    }
  }
}

const TASKS: readonly (readonly [name: string, request: string])[] = [
  ['flush', '/api/v1/admin/tsdb/snapshot?skip_head=false'],
  ['flush', '/api/v1/admin/tsdb/snapshot'],
  ['deletion', '/api/v1/admin/tsdb/delete_series?match[]=crash{i="none"}'],
  ['clean', '/api/v1/admin/tsdb/clean_tombstones'],
  ['backup', '/api/vedette/backups'],
];

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}
