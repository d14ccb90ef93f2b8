/**
 * What was changed about when it began: programs that were started, other versions of them, targets that went
 * away. Found in what every exporter tells of itself, without anybody having to report a deployment.
 */
import { labelsKeyOf, labelValueOf, METRIC_NAME, withoutLabels, type Labels } from '@vedette/model';
import type { CaseFile } from './case-file.ts';
import { columnOf, valueOf } from './grid.ts';
import { anyOf, INSTANCE_LABELS, levelOf, selectorOf, SERVICE_LABELS, type LabelPair } from './identity.ts';
import { clip, listed, shownSpan } from './words.ts';

const MINUTE_MS = 60_000;

/** What was changed within this time before is near: errors of a new version are seen by a rule with `for` of 15 minutes. */
const NEAR_MS = 45 * MINUTE_MS;
/** The onset is known to some minutes, and a rule of `for` 0 is late by a scrape and an evaluation. */
const AFTER_MS = 5 * MINUTE_MS;

// A dozen say that everything was started; more would say the same.
const CHANGES_MAX = 12;

// So many targets that went away are one event of a network, not fifty.
const DOWN_MAX = 50;

export interface NearbyChange {
  readonly kind: 'restart' | 'version' | 'down';
  /** `api-2:9100`, or the service where no instance is named. */
  readonly entity: string;
  readonly labels: Labels;
  readonly atMs: number;
  readonly text: string;
  /** The same without its name. */
  readonly what: string;
  readonly evidence: string;
}

/** The earliest first. */
export async function findNearbyChanges(
  file: CaseFile,
  onsetMs: number,
  signal: AbortSignal,
): Promise<readonly NearbyChange[]> {
  const scope = scopeOf(file);
  const near = { fromMs: onsetMs - NEAR_MS, untilMs: Math.min(file.atMs, onsetMs + AFTER_MS) };
  const found = [
    ...(scope === undefined ? [] : await restartsOf(file, { scope, onsetMs, ...near }, signal)),
    ...(scope === undefined ? [] : await versionsOf(file, { scope, onsetMs, ...near }, signal)),
    ...(await downsOf(file, { onsetMs, ...near }, signal)),
  ];
  return found
    .toSorted((a, b) => a.atMs - b.atMs || (a.entity < b.entity ? -1 : 1))
    .slice(0, CHANGES_MAX)
    .map((change) => ({
      ...change,
      evidence: file.add({
        kind: change.kind === 'down' ? 'target' : 'series',
        ...change.shown,
        text: change.text,
      }),
    }));
}

interface Near {
  readonly onsetMs: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

interface Found extends Omit<NearbyChange, 'evidence'> {
  readonly shown: { readonly query: string; readonly value?: number };
}

/** Its job, name space and service; an instance alone where there is nothing else. */
function scopeOf({ subject }: CaseFile): readonly LabelPair[] | undefined {
  const wide = subject.identity.filter(([name]) => levelOf(name) === 'scope');
  if (wide.length > 0) return wide;
  const service = subject.identity.filter(([name]) => levelOf(name) === 'service').slice(0, 1);
  const pairs = service.length > 0 ? service : subject.identity.filter(([name]) => name === 'instance');
  return pairs.length > 0 ? pairs : undefined;
}

const START_METRICS = [
  'process_start_time_seconds',
  'container_start_time_seconds',
  'node_boot_time_seconds',
];

async function restartsOf(
  file: CaseFile,
  near: Near & { readonly scope: readonly LabelPair[] },
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const selector = selectorOf(undefined, near.scope).slice(0, -1);
  const query = `${selector}, ${anyOf(METRIC_NAME, START_METRICS)}} > ${Math.round(near.fromMs / 1000)}`;
  return (await file.instant(query, signal)).flatMap((series) => {
    const atMs = valueOf(series) * 1000;
    if (atMs > near.untilMs) return [];
    const entity = entityOf(series.labels);
    const what =
      labelValueOf(series.labels, METRIC_NAME) === 'node_boot_time_seconds' ? 'was booted' : 'was started';
    const own = selectorOf(labelValueOf(series.labels, METRIC_NAME), pairsOf(series.labels));
    return [
      {
        kind: 'restart',
        entity,
        labels: series.labels,
        atMs,
        ...textsOf(entity, `${what} ${whenOf(atMs, near.onsetMs)}`),
        shown: { query: own },
      },
    ];
  });
}

/** Metrics whose labels tell what runs; their value is 1. */
const VERSION_METRICS = '.*build_info|target_info|.+_version_info|kube_pod_container_info';
const VERSION_LABELS = [
  'version',
  'service_version',
  'revision',
  'image',
  'image_id',
  'commit',
  'tag',
  'git_sha',
];

async function versionsOf(
  file: CaseFile,
  near: Near & { readonly scope: readonly LabelPair[] },
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const selector = `${selectorOf(undefined, near.scope).slice(0, -1)}, __name__=~${JSON.stringify(VERSION_METRICS)}}`;
  const now = await file.instant(selector, signal, near.untilMs);
  const earlier = new Map(
    (await file.instant(selector, signal, near.fromMs)).map((series) => [
      placeOf(series.labels),
      series.labels,
    ]),
  );
  const found: Found[] = [];
  for (const { labels } of now) {
    const before = earlier.get(placeOf(labels));
    const name = VERSION_LABELS.find(
      (label) => before !== undefined && labelValueOf(labels, label) !== labelValueOf(before, label),
    );
    if (before === undefined || name === undefined) continue;
    const query = `${selectorOf(labelValueOf(labels, METRIC_NAME), pairsOf(labels))}`;
    const atMs = (await firstOf(file, query, near, signal)) ?? near.fromMs;
    const entity = entityOf(labels);
    const versions = `${clip(labelValueOf(labels, name), 80)} instead of ${clip(labelValueOf(before, name), 80)}`;
    found.push({
      kind: 'version',
      entity,
      labels,
      atMs,
      ...textsOf(entity, `runs ${name} ${versions}, ${whenOf(atMs, near.onsetMs)}`),
      shown: { query },
    });
    if (found.length === CHANGES_MAX) break;
  }
  return found;
}

/** The same thing, whatever its version. */
function placeOf(labels: Labels): string {
  return labelsKeyOf(withoutLabels(labels, VERSION_NAMES));
}

const VERSION_NAMES: ReadonlySet<string> = new Set([
  ...VERSION_LABELS,
  'branch',
  'goversion',
  'build_date',
  'builddate',
]);

async function firstOf(
  file: CaseFile,
  query: string,
  near: Near,
  signal: AbortSignal,
): Promise<number | undefined> {
  const [series] = await file.range(query, { ...near, stepMs: MINUTE_MS }, signal);
  if (series === undefined) return undefined;
  const index = columnOf(series).findIndex((value) => !Number.isNaN(value));
  return index < 0 ? undefined : near.fromMs + index * MINUTE_MS;
}

/** Targets of any job that are down now and were up before: what others depend on. */
async function downsOf(file: CaseFile, near: Near, signal: AbortSignal): Promise<readonly Found[]> {
  const down = await file.instant('up == 0', signal);
  if (down.length === 0) return [];
  if (down.length > DOWN_MAX) {
    file.gap(
      'targets that went down',
      `${down.length} targets are down; since when is asked of at most ${DOWN_MAX}`,
    );
    return [];
  }
  const found: Found[] = [];
  for (const { labels } of down) {
    const query = selectorOf('up', pairsOf(labels));
    const [series] = await file.range(query, { ...near, stepMs: MINUTE_MS }, signal);
    const atMs = series === undefined ? undefined : wentDownAt(columnOf(series), near.fromMs);
    if (atMs === undefined) continue;
    const entity = entityOf(labels);
    const job = labelValueOf(labels, 'job');
    const whose = job === '' ? '' : ` (job ${clip(job, 100)})`;
    found.push({
      kind: 'down',
      entity,
      labels,
      atMs,
      ...textsOf(`target ${entity}${whose}`, `went down ${whenOf(atMs, near.onsetMs)}`),
      shown: { query, value: 0 },
    });
  }
  return found;
}

/** The first point of the zeros at its end; `undefined`: it was down all the time, or was not scraped before. */
function wentDownAt(column: Float64Array, fromMs: number): number | undefined {
  let index = column.length;
  while (index > 0 && column[index - 1] === 0) index--;
  const before = index === 0 ? Number.NaN : (column[index - 1] ?? Number.NaN);
  return index === column.length || !(before > 0) ? undefined : fromMs + index * MINUTE_MS;
}

export function entityOf(labels: Labels): string {
  for (const name of [...INSTANCE_LABELS, ...SERVICE_LABELS, 'job']) {
    const value = labelValueOf(labels, name);
    if (value !== '') return clip(value, 300);
  }
  return clip(listed(pairsOf(labels).map(([name, value]) => `${name}=${value}`)), 300);
}

/** What `entityOf` names. */
export function entityKindOf(labels: Labels): 'instance' | 'service' {
  return INSTANCE_LABELS.some((name) => labelValueOf(labels, name) !== '') ? 'instance' : 'service';
}

function pairsOf(labels: Labels): readonly LabelPair[] {
  const pairs: LabelPair[] = [];
  for (let i = 0; i < labels.length; i += 2)
    if (labels[i] !== METRIC_NAME) pairs.push([labels[i] ?? '', labels[i + 1] ?? '']);
  return pairs;
}

function textsOf(name: string, what: string): { readonly text: string; readonly what: string } {
  return { text: `${name} ${what}`, what };
}

function whenOf(atMs: number, onsetMs: number): string {
  const apartMs = onsetMs - atMs;
  if (Math.abs(apartMs) < MINUTE_MS) return 'when it began';
  return `${shownSpan(Math.abs(apartMs))} ${apartMs > 0 ? 'before' : 'after'} it began`;
}
