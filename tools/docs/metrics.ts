import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { SeededRandom } from '@vedette/model';
import {
  createMetricsRegistry,
  type InstrumentOptions,
  type MetricsRegistry,
  type MetricType,
} from '@vedette/sdk';
import { composeServer } from '../../packages/server/src/compose.ts';
import { loadStartSettings } from '../../packages/server/src/config/start-settings.ts';
import { LINUX_COLLECTORS } from '../../packages/server/src/ingest/host/collectors/list.ts';
import { DiskFiles } from '../../packages/server/src/lib/disk-files.ts';
import { SystemClock } from '../../packages/server/src/lib/system-clock.ts';
import { Lifecycle } from '../../packages/server/src/lifecycle.ts';
import { createLog } from '../../packages/server/src/telemetry/create-log.ts';
import { SILENT_LOG } from '../../packages/server/src/telemetry/log.ts';
import { findDescription } from './constants.ts';
import { collectGuardMetrics, collectHostMetrics, collectSdkMetrics } from './instruments.ts';
import { code, printPage, printTable } from './markdown.ts';
import { printRuleMetrics, type ShippedRule } from './rules.ts';

/** One instrument of the server. */
export interface OwnMetric {
  readonly name: string;
  readonly type: MetricType;
  readonly labelNames: readonly string[];
  readonly help: string;
}

const INTRO = `The server's own metrics, at \`/metrics\` and in its own store as \`job="vedette"\`. The list is what a server on Linux registers when it is composed; elsewhere some of the process' metrics are missing. Histograms are stored as \`…_bucket\`, \`…_sum\` and \`…_count\`.`;

const HOST_INTRO = `This machine is in the store as \`job="node"\`, with node_exporter's names, labels and types. Collectors are switched off one by one under [\`host.collectors\`](configuration.md#host). *tick*: read every \`host.interval\`; *background*: read beside the ticks, since it may be slow.`;

const RULES_INTRO = `What the [shipped rules](rules.md) read, by who exports it; the last column names the packs that do. Own metrics (\`vedette_…\`) are above. Labels are those that an exporter adds to \`job\` and \`instance\`, and to \`le\` for histograms. A version is the one whose names the rules are written for.`;

const HOST_NAMES_INTRO = `Names and labels of the collectors above. \`node_memory_…\`, \`node_vmstat_…\` and \`node_network_…\` go on with what the kernel of the machine lists; these are what every one has.`;

const SDK_INTRO = `What an application exports that uses \`@vedette/sdk\`, each part when it is created: \`createHttpMetrics\`, \`createAiMetrics\`, \`createAuthMetrics\`, \`createCacheMetrics\`, \`createDatabaseMetrics\`, \`createJobMetrics\` (here with the prefixes \`job\` and \`sandbox\`), \`createQueueMetrics\`, \`createUsageMetrics\`, \`createGuard\` with \`registry\` and \`userActions\`, \`guardMiddleware\`. Figures of the process are those of the [server](#own-metrics).`;

const GUARD_INTRO = `Registered by the server when its guard is first used, and stored as \`job="vedette"\` like its own. \`user_actions_by_user_total\` only with \`guard.limits.user_series\`.`;

/** What the page is made of. */
export interface MetricsPage {
  readonly own: readonly OwnMetric[];
  readonly host: readonly OwnMetric[];
  readonly guard: readonly OwnMetric[];
  readonly sdk: readonly OwnMetric[];
  readonly hostFolder: string;
  readonly rules: readonly ShippedRule[];
}

/** docs/metrics.md. */
export function printMetrics({ own, host, guard, sdk, hostFolder, rules }: MetricsPage): string {
  return printPage('Metrics', INTRO, [
    `## Own metrics\n\n${printInstruments(own)}`,
    `## Metrics of the guard\n\n${GUARD_INTRO}\n\n${printInstruments(guard)}`,
    `## Host metrics\n\n${HOST_INTRO}\n\n${printCollectors(hostFolder)}\n\n${HOST_NAMES_INTRO}\n\n${printInstruments(host)}`,
    `## Metrics of the SDK\n\n${SDK_INTRO}\n\n${printInstruments(sdk)}`,
    `## Metrics of the rules\n\n${RULES_INTRO}\n\n${printRuleMetrics(rules)}`,
  ]);
}

function printInstruments(metrics: readonly OwnMetric[]): string {
  const sorted = [...metrics].sort((a, b) => (a.name < b.name ? -1 : 1));
  const rows = sorted.map(({ name, type, labelNames, help }) => [
    code(name),
    type,
    labelNames.map(code).join(', '),
    help,
  ]);
  return printTable(['name', 'type', 'labels', 'help'], rows);
}

/** All that the page lists, with the rules that ship. */
export async function collectMetricsPage(
  hostFolder: string,
  rules: readonly ShippedRule[],
): Promise<MetricsPage> {
  const guard: OwnMetric[] = [];
  collectGuardMetrics(noteInto(guard));
  const sdk: OwnMetric[] = [];
  collectSdkMetrics(noteInto(sdk));
  return { own: await collectOwnMetrics(), host: await collectHostMetrics(), guard, sdk, hostFolder, rules };
}

function printCollectors(folder: string): string {
  const rows = LINUX_COLLECTORS.map(({ name, pace }) => {
    // One collector is named by less than its file.
    const base = name === 'os' ? 'os-release' : name;
    const text = readFileSync(path.join(folder, `${base}.ts`), 'utf8');
    return [code(name), pace, namesIn(text), whatOf(base, text)];
  });
  return printTable(['collector', 'pace', 'metrics', 'what'], rows);
}

const NAMES_SHOWN_MAX = 3;

/** The metric names written in a collector's file; a name that ends in `_` is continued from what the kernel says. */
function namesIn(text: string): string {
  const names = [...new Set([...text.matchAll(/['`](node_[a-z0-9_]+)/g)].map(([, name]) => name ?? ''))];
  const shown = names.slice(0, NAMES_SHOWN_MAX).map((name) => code(name.endsWith('_') ? `${name}…` : name));
  const rest = names.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

/** The first sentence over the collector says what; the rest says how. Self-explaining ones have none. */
function whatOf(base: string, text: string): string {
  const exported = base.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  const description = findDescription(`${base}.ts`, text, exported) ?? '';
  return /^.*?[.:](?=\s|$)/.exec(description)?.[0].replace(/:$/, '.') ?? description;
}

/**
 * Every instrument of the real composition with default settings, wired as `vedette start` wires it
 * but with nothing started: no listener, no build, no collection. The data directory is a temporary one.
 */
export async function collectOwnMetrics(): Promise<OwnMetric[]> {
  const noted: OwnMetric[] = [];
  const registry = createNotingRegistry(noted);
  const clock = new SystemClock();
  const directory = mkdtempSync(path.join(tmpdir(), 'vedette-docs-'));
  const lifecycle = new UnstartedLifecycle({ clock, log: SILENT_LOG });
  try {
    const settings = await loadStartSettings(
      { listen: '127.0.0.1:0' },
      { env: {}, workingDirectory: directory },
    );
    createLog({ clock, metrics: registry, stream: process.stderr }, { format: 'json', level: 'error' });
    await composeServer(
      {
        clock,
        random: new SeededRandom(1),
        files: new DiskFiles(),
        log: SILENT_LOG,
        registry,
        lifecycle,
        reloadSettings: () => Promise.resolve(settings),
      },
      settings,
    );
  } finally {
    await lifecycle.stop();
    rmSync(directory, { recursive: true, force: true });
  }
  return noted;
}

/** Keeps what already runs, so that it is closed; starts nothing. */
class UnstartedLifecycle extends Lifecycle {
  override start(): Promise<void> {
    return Promise.resolve();
  }
}

function createNotingRegistry(noted: OwnMetric[]): MetricsRegistry {
  noted.push(...registryMetrics());
  return noteInto(noted);
}

/** A registry that writes down what is declared. */
function noteInto(noted: OwnMetric[]): MetricsRegistry {
  const inner = createMetricsRegistry();
  const note = <T extends InstrumentOptions>(type: OwnMetric['type'], options: T): T => {
    noted.push({ name: options.name, type, labelNames: options.labelNames ?? [], help: options.help });
    return options;
  };
  return {
    counter: (options) => inner.counter(note('counter', options)),
    gauge: (options) => inner.gauge(note('gauge', options)),
    histogram: (options) => inner.histogram(note('histogram', options)),
    summary: (options) => inner.summary(note('summary', options)),
    onCollect: (read) => inner.onCollect(read),
    collect: () => inner.collect(),
    read: () => inner.read(),
    clear: () => inner.clear(),
  };
}

// Longer than a label value may be.
const LONG_LABEL_CHARS = 10_000;

/** What a registry says of itself; a label shows only once there is a series, so each is provoked. */
function registryMetrics(): OwnMetric[] {
  const registry = createMetricsRegistry();
  const full = registry.counter({ name: 'full_total', help: 'Full.', labelNames: ['of'], seriesMax: 1 });
  for (const value of ['a', 'b', 'c'.repeat(LONG_LABEL_CHARS)]) full.inc(1, value);
  full.child('a').inc(1, { 'no name': '' });
  return registry
    .collect()
    .filter(({ name }) => name !== 'full_total')
    .map(({ name, type, help, samples }) => ({
      name,
      type,
      labelNames: (samples[0]?.labels ?? []).filter((_, i) => i % 2 === 0),
      help,
    }));
}
