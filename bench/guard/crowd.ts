/**
 * 50,000 users and 50 abusers over three processes of one application, on the direct path: every attempt asks the SDK's
 * guard, the SDK counts and ships, the server's merged windows decide, the feed brings the decisions back.
 *
 * What one abuser does is spread over the three processes by chance, so that none of them sees enough to judge alone.
 * The crossing is found afterwards in the times of all three: the action with which the last minute first holds more
 * than 30. From there to the moment at which `check` refuses, in each of the processes.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import * as path from 'node:path';
import { quantile, type Figure } from '../measure.ts';
import { readProcessUse, startVedette } from '../server-process.ts';
import { ABUSERS, USERS, type ApplicationReport } from './crowd-shape.ts';

const PROCESSES = 3;
const RUN_MS = 90_000;
const THRESHOLD = 30;
const WINDOW_MS = 60_000;

const CONFIG = `
guard:
  mode: enforce
  ids: plain
  dynamic_thresholds: { enabled: false }
`;

export async function measureCrowd(): Promise<Figure[]> {
  await using server = await startVedette({ config: CONFIG, args: ['--no-host'] });
  const before = readProcessUse(server.pid);
  const applications = await Promise.all(
    Array.from({ length: PROCESSES }, () => startApplication(server.url)),
  );
  for (const application of applications) application.send('go');
  await new Promise((resolve) => setTimeout(resolve, RUN_MS));
  const use = readProcessUse(server.pid);
  const reports = await Promise.all(applications.map(stopApplication));
  return figuresOf(reports, { cpuSeconds: use.cpuSeconds - before.cpuSeconds, rssBytes: use.rssBytes });
}

async function startApplication(url: string): Promise<ChildProcess> {
  const env = { ...process.env, CROWD_URL: url, CROWD_PROCESSES: String(PROCESSES) };
  const child = fork(path.join(import.meta.dirname, 'application.ts'), { env });
  const [word] = (await once(child, 'message')) as unknown[];
  if (word !== 'ready') throw new Error(`an application said ${String(word)}, want ready`);
  return child;
}

async function stopApplication(child: ChildProcess): Promise<ApplicationReport> {
  const answer = once(child, 'message');
  child.send('stop');
  const [report] = (await answer) as [ApplicationReport];
  return report;
}

function figuresOf(
  reports: readonly ApplicationReport[],
  server: { readonly cpuSeconds: number; readonly rssBytes: number },
): Figure[] {
  const delays: number[] = [];
  let refusedEverywhere = 0;
  for (const { name } of ABUSERS) {
    const crossedAt = crossingOf(reports.flatMap(({ acted }) => acted.filter(([who]) => who === name)));
    const refusedAt = reports.flatMap(({ refusedAt: times }) => times[name] ?? []);
    if (refusedAt.length === PROCESSES) refusedEverywhere++;
    if (crossedAt !== undefined) delays.push(...refusedAt.map((at) => at - crossedAt));
  }
  const honestRefused = reports.reduce((sum, report) => sum + report.honestRefused, 0);
  const attempts = reports.reduce((sum, report) => sum + report.attempts, 0);
  const p95 = quantile(delays, 0.95);
  return [
    {
      name: `abusers refused in all ${PROCESSES} processes, of ${ABUSERS.length}`,
      value: refusedEverywhere,
      unit: '',
      better: 'more',
      goal: `${ABUSERS.length}`,
      isReached: refusedEverywhere === ABUSERS.length,
    },
    {
      name: `attempts of honest users that were refused, of ${attempts} (${USERS} users)`,
      value: honestRefused,
      unit: '',
      goal: '0',
      isReached: honestRefused === 0,
    },
    {
      name: 'crossing to refusal, median',
      value: quantile(delays, 0.5),
      p99: quantile(delays, 0.99),
      unit: 'ms',
    },
    { name: 'crossing to refusal, p95', value: p95, unit: 'ms', goal: '≤ 100 ms', isReached: p95 <= 100 },
    { name: 'server: CPU share', value: server.cpuSeconds / (RUN_MS / 1000), unit: 'cores' },
    { name: 'server: memory', value: server.rssBytes / 2 ** 20, unit: 'MiB' },
  ];
}

/** The time of the first action with which the minute up to it holds more than the threshold. */
function crossingOf(acted: readonly (readonly [string, number])[]): number | undefined {
  const times = acted.map(([, at]) => at).sort((a, b) => a - b);
  return times.find((at, i) => at - (times[i - THRESHOLD] ?? -Infinity) < WINDOW_MS);
}
