/**
 * Metrics that are declared away from the server's start: by the host collectors, by the guard when it is first
 * used, by the SDK in applications. Each list comes from running the declarations, none is typed by hand.
 */
import {
  createAiMetrics,
  createAuthMetrics,
  createCacheMetrics,
  createDatabaseMetrics,
  createHttpMetrics,
  createJobMetrics,
  createQueueMetrics,
  createUsageMetrics,
  type MetricsRegistry,
} from '@vedette/sdk';
import { bug, VirtualClock } from '@vedette/model';
import { createBehaviourMetrics } from '../../packages/server/src/detect/behaviour/behaviour-metrics.ts';
import {
  createFixtureFiles,
  FIXTURE_MACHINE,
  FIXTURE_STATS,
} from '../../packages/server/src/ingest/host/collector-fixture.ts';
import type { CollectorContext } from '../../packages/server/src/ingest/host/collector.ts';
import { LINUX_COLLECTORS } from '../../packages/server/src/ingest/host/collectors/list.ts';
import { hostConfig, hostOptionsOf } from '../../packages/server/src/ingest/host/config.ts';
import { createGuardMetrics } from '../../packages/server/src/respond/guard/guard-metrics.ts';
import {
  createActionCounter,
  registerGuardMetrics as registerSdkGuardMetrics,
} from '../../packages/sdk/src/guard/guard-metrics.ts';
import { createGateMetrics } from '../../packages/sdk/src/http/gate-metrics.ts';
import type { OwnMetric } from './metrics.ts';

/** Lines of /proc/meminfo that every machine of these years has. */
const MEMORY_LINES =
  'MemTotal MemFree MemAvailable Buffers Cached SwapCached Active Inactive SwapTotal SwapFree Dirty Writeback AnonPages Mapped Shmem Slab SReclaimable SUnreclaim KernelStack PageTables CommitLimit Committed_AS';

/** Files of a small machine, for collectors that name families after what they read. */
const MACHINE_TEXTS = {
  '/proc/meminfo': MEMORY_LINES.split(' ')
    .map((key) => `${key}: 1 kB`)
    .join('\n'),
  '/proc/vmstat': ['oom_kill', 'pgfault', 'pgmajfault', 'pgpgin', 'pgpgout', 'pswpin', 'pswpout']
    .map((key) => `${key} 1`)
    .join('\n'),
  '/proc/mounts': '/dev/vda1 / ext4 rw 0 0\n',
  '/sys/class/net/eth0/ifindex': '2\n',
  '/sys/class/net/eth0/mtu': '1500\n',
  '/sys/class/net/eth0/speed': '1000\n',
  '/sys/class/net/eth0/operstate': 'up\n',
};

/** Families of the host collectors; those named after lines of the kernel as far as every machine has them. */
export async function collectHostMetrics(): Promise<OwnMetric[]> {
  const found = new Map<string, OwnMetric>();
  for (const collector of LINUX_COLLECTORS) {
    const collect = collector.create(contextOf(found));
    try {
      await collect();
    } catch {
      // The machine lacks its files: what is declared without them was noted.
    }
  }
  return [...found.values()];
}

function contextOf(found: Map<string, OwnMetric>): CollectorContext {
  const clock = new VirtualClock({ startMs: 0 });
  return {
    files: createFixtureFiles(MACHINE_TEXTS, () => Promise.resolve(FIXTURE_STATS)),
    machine: FIXTURE_MACHINE,
    options: hostOptionsOf(hostConfig.parse(undefined)),
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    withDeadline: (_, work) => work,
    families: (type, name, help, labelNames = []) => {
      found.set(name, { name, type: type as OwnMetric['type'], labelNames, help });
      return { add: () => undefined };
    },
  };
}

/** Of the server's guard, which is made when it is first used. */
export function collectGuardMetrics(registry: MetricsRegistry): void {
  createBehaviourMetrics(registry, { userSeriesMax: 1, topSubjectsMax: 1 });
  createGuardMetrics(registry, {
    banned: () => 0,
    policies: () => [],
    waitingCount: () => 0,
    openCount: () => 0,
    followerCount: () => 0,
  });
}

/** Of an application that uses all of the SDK. */
export function collectSdkMetrics(registry: MetricsRegistry): void {
  createHttpMetrics(registry).close();
  createAiMetrics(registry);
  const auth = createAuthMetrics(registry);
  auth.readActiveSessions(() => 0);
  createCacheMetrics(registry);
  createDatabaseMetrics(registry);
  createJobMetrics(registry);
  createJobMetrics(registry, { prefix: 'sandbox' });
  createQueueMetrics(registry);
  createUsageMetrics(registry);
  const tally = { allow: 0, slow: 0, challenge: 0, refuse: 0, tracked: 0, nameless: 0, late: 0 };
  registerSdkGuardMetrics(registry, {
    tally,
    status: () => bug('nothing is collected here'),
    lagMs: () => undefined,
  });
  const ids = { mode: 'plain' } as const;
  createActionCounter({ ids, registry, userActions: true, userActionsByUser: { seriesMax: 1 } });
  createGateMetrics(registry);
}
