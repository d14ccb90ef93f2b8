/** Who is hit: targets, services, instances, users, and which part of the traffic. */
import type { BlastRadius } from '@vedette/api';
import { labelValueOf, type ResultSeries } from '@vedette/model';
import type { SubjectCounter } from './agent-world.ts';
import type { CaseFile } from './case-file.ts';
import { valueOf } from './grid.ts';
import { anyOf, INSTANCE_LABELS, SERVICE_LABELS } from './identity.ts';
import type { Traffic } from './request-traffic.ts';
import { clip, counted, listed, shownPercent } from './words.ts';

/** What a page shows, and a query asks for by name; the numbers count all. */
const NAMES_MAX = 50;
const NAME_CHARS_MAX = 300;

// A job with more targets is counted in a query of its own by whoever wants to know.
const TARGETS_MAX = 10_000;

export interface Targets {
  /** Those that the alert names. */
  readonly affected: readonly string[];
  readonly down: readonly string[];
  readonly total: number;
  /** Whether all targets of its jobs were looked at; else those that it names, since it names no job. */
  readonly isOfJob: boolean;
  readonly evidence: readonly string[];
}

export const NO_TARGETS: Targets = {
  affected: [],
  down: [],
  total: 0,
  isOfJob: false,
  evidence: [],
};

/** By `up` of the jobs, and of the instances, that the alerts name. */
export async function findTargets(file: CaseFile, signal: AbortSignal): Promise<Targets> {
  const jobs = valuesOf(file, ['job']);
  const instances = valuesOf(file, ['instance']);
  if (jobs.length === 0 && instances.length === 0) {
    file.gap('targets', 'the alert has neither a job nor an instance');
    return NO_TARGETS;
  }
  const [name, values] = jobs.length > 0 ? (['job', jobs] as const) : (['instance', instances] as const);
  if (values.length > NAMES_MAX)
    file.gap(
      'targets',
      `the alerts name ${counted(values.length, name)}; the first ${NAMES_MAX} were looked at`,
    );
  const selector = `up{${anyOf(name, values.slice(0, NAMES_MAX))}}`;
  const all = (await file.instant(selector, signal)).slice(0, TARGETS_MAX);
  if (all.length === 0) {
    file.gap(
      'targets',
      `no series up has the job or instance of the alert: its target is not scraped by this server`,
    );
    return NO_TARGETS;
  }
  const named = new Set(instances);
  const affected = sorted(all.filter(({ labels }) => named.has(labelValueOf(labels, 'instance'))));
  const down = sorted(all.filter((series) => valueOf(series) === 0));
  const query = down.length > 0 ? `${selector} == 0` : selector;
  const text =
    down.length > 0
      ? `${down.length} of ${counted(all.length, 'target')} down: ${listed(down)}`
      : `${counted(all.length, 'target')} of ${jobs.length > 0 ? `job ${listed(jobs)}` : 'these instances'}, none of them down`;
  const evidence = [file.add({ kind: 'target', text, query, value: down.length })];
  return { affected, down, total: all.length, isOfJob: jobs.length > 0, evidence };
}

function sorted(series: readonly ResultSeries[]): readonly string[] {
  return series.map(({ labels }) => clip(labelValueOf(labels, 'instance'), NAME_CHARS_MAX)).sort();
}

/** All distinct values of the first of these labels that any of the alerts has, sorted. */
export function valuesOf(
  { subject }: Pick<CaseFile, 'subject'>,
  names: readonly string[],
): readonly string[] {
  for (const name of names) {
    const values = new Set(
      subject.identities.flatMap((pairs) => pairs.filter(([own]) => own === name).map(([, value]) => value)),
    );
    if (values.size > 0) return [...values].sort();
  }
  return [];
}

export function blastRadiusOf(
  file: CaseFile,
  found: { readonly targets: Targets; readonly traffic: Traffic | undefined },
  counter: SubjectCounter | undefined,
): BlastRadius {
  const { targets, traffic } = found;
  const services = valuesOf(file, SERVICE_LABELS);
  const instances = valuesOf(file, INSTANCE_LABELS);
  const users = usersOf(file, counter);
  return {
    text: textOf({ services, instances, targets, traffic, job: valuesOf(file, ['job']) }),
    targets: {
      affected: targets.affected.slice(0, NAMES_MAX),
      down: targets.down.slice(0, NAMES_MAX),
      total: targets.total,
    },
    services: services.slice(0, NAMES_MAX),
    instances: instances.slice(0, NAMES_MAX),
    users: users?.report ?? null,
    traffic: traffic?.report ?? null,
    evidence: [
      ...targets.evidence,
      ...(traffic === undefined ? [] : [traffic.evidence]),
      ...(users?.evidence ?? []),
    ],
  };
}

function usersOf(
  file: CaseFile,
  counter: SubjectCounter | undefined,
): { readonly report: NonNullable<BlastRadius['users']>; readonly evidence: readonly string[] } | undefined {
  const active = counter?.activeSubjects();
  if (active === undefined) {
    file.gap('users', 'nothing tells this server of users: the guard takes no actions');
    return undefined;
  }
  const text = `${counted(active.count, 'user')} active of late; which of them use what is hit is not known`;
  const evidence = [file.add({ kind: 'guard', text, value: active.count, link: '/guard?view=subjects' })];
  return { report: { count: active.count, text }, evidence };
}

function textOf(hit: {
  readonly services: readonly string[];
  readonly instances: readonly string[];
  readonly job: readonly string[];
  readonly targets: Targets;
  readonly traffic: Traffic | undefined;
}): string {
  const { services, instances, targets, traffic, job } = hit;
  // Pods and hosts are no targets: of those alone it is known how many there are.
  const areTargets = job.length > 0 && instances.length > 0 && targets.affected.length === instances.length;
  const of = areTargets ? ` of ${targets.total} in job ${listed(job)}` : '';
  const parts = [
    ...(instances.length > 0 ? [`${counted(instances.length, 'instance')}${of} (${listed(instances)})`] : []),
    ...(instances.length === 0 && job.length > 0
      ? [`job ${listed(job)}${targets.total > 0 ? ` with ${counted(targets.total, 'target')}` : ''}`]
      : []),
    ...(services.length > 0 ? [`${counted(services.length, 'service')} (${listed(services)})`] : []),
    ...(targets.down.length > 0 ? [`${counted(targets.down.length, 'target')} down`] : []),
    ...(traffic === undefined ? [] : trafficWords(traffic.report)),
  ];
  return parts.length === 0 ? 'The alert does not say what it is about' : parts.join('; ');
}

function trafficWords({ shareRatio, errorRatio }: Traffic['report']): readonly string[] {
  return [
    ...(shareRatio === null ? [] : [`${shownPercent(shareRatio)} of all requests`]),
    ...(errorRatio === null
      ? []
      : [`${shownPercent(errorRatio)} of ${shareRatio === null ? 'its requests' : 'them'} fail`]),
  ];
}
