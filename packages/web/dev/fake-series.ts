/**
 * Invented series for looking at the UI: smooth noise, a pure function of series and time, so that
 * the socket and `query_range` agree. An expression is answered by the first entry whose pattern it
 * matches; it is not evaluated.
 */
export interface FakeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly at: (timestampMs: number) => number | null;
}

const GIB = 1024 ** 3;
const HOST = { instance: 'atlas', job: 'node' };
const SELF = { instance: 'atlas', job: 'vedette' };

type Entry = readonly [pattern: RegExp, series: readonly FakeSeries[]];

const wave = (labels: Record<string, string>, base: number, swing: number, seed: number): FakeSeries => ({
  labels,
  at: (timestampMs) => Math.max(0, base + swing * noise(timestampMs / 1000, seed)),
});

const ENTRIES: readonly Entry[] = [
  [
    /node_cpu_seconds_total/,
    [
      wave({ mode: 'iowait' }, 0.012, 0.01, 1),
      wave({ mode: 'softirq' }, 0.01, 0.006, 2),
      wave({ mode: 'steal' }, 0.003, 0.003, 9),
      wave({ mode: 'system' }, 0.07, 0.03, 3),
      wave({ mode: 'user' }, 0.22, 0.14, 4),
    ],
  ],
  [/MemTotal_bytes.*MemAvailable/, [wave(HOST, 9.1 * GIB, 0.5 * GIB, 5)]],
  [/MemAvailable_bytes.*MemFree/, [wave(HOST, 5.2 * GIB, 0.2 * GIB, 6)]],
  [/MemTotal_bytes/, [constant(HOST, 15.6 * GIB)]],
  [/network_receive/, [wave({}, 1.9e6, 1.7e6, 8)]],
  [/network_transmit/, [wave({}, 0.7e6, 0.5e6, 10)]],
  [/disk_read/, [wave({}, 0.4e6, 0.9e6, 11)]],
  [/disk_written/, [wave({}, 4.2e6, 3.9e6, 12)]],
  [/node_load1\{/, [wave(HOST, 1.4, 0.8, 13)]],
  [/node_load5\{/, [wave(HOST, 1.2, 0.3, 14)]],
  [/node_load15\{/, [wave(HOST, 1.1, 0.1, 15)]],
  [/pressure_cpu/, [wave(HOST, 0.03, 0.03, 16)]],
  [/pressure_io/, [wave(HOST, 0.012, 0.016, 17)]],
  [/pressure_memory/, [wave(HOST, 0.0004, 0.0008, 18)]],
  [/filesystem_size/, disks([118 * GIB, 466 * GIB, 0.5 * GIB])],
  [/filesystem_avail/, disks([41 * GIB, 52 * GIB, 0.42 * GIB])],
  [/lag_p99/, [wave(SELF, 0.0038, 0.0022, 19)]],
  [/lag_p50/, [wave(SELF, 0.0011, 0.0002, 20)]],
  [/samples_appended/, [wave({}, 640, 60, 21)]],
  [/head_series/, [wave({}, 2431, 12, 22)]],
  [/resident_memory/, [wave(SELF, 118 * 1024 ** 2, 5 * 1024 ** 2, 23)]],
  [/heap_size_used/, [wave(SELF, 54 * 1024 ** 2, 9 * 1024 ** 2, 24)]],
  [
    /^up$/,
    ['node', 'vedette', 'api', 'postgres'].map((job) =>
      constant({ __name__: 'up', instance: 'atlas', job }, job === 'postgres' ? 0 : 1),
    ),
  ],
  [/user_actions_total/, [wave({}, 410, 120, 31)]],
  [/user_action_outcomes/, [wave({}, 22, 30, 32)]],
  [
    /guard_subjects_over/,
    [wave({ policy: 'actions-per-hour' }, 1, 1, 33), wave({ policy: 'actions-per-minute' }, 3, 3, 34)],
  ],
  [/ban_type!~/, [wave({}, 4, 2, 35)]],
  [/ban_type=~/, [wave({}, 1, 1, 36)]],
  [/absent_metric|nothing/, []],
  [/./, manyRoutes()],
];

export function fakeSeriesOf(expr: string): readonly FakeSeries[] {
  return ENTRIES.find(([pattern]) => pattern.test(expr))?.[1] ?? [];
}

/** The fault of an expression that cannot be parsed: brackets that do not close. 0-based position. */
export function faultOf(expr: string): { message: string; position: number } | undefined {
  let depth = 0;
  for (let i = 0; i < expr.length; i++) {
    if (expr[i] === '(') depth++;
    if (expr[i] === ')' && --depth < 0)
      return { message: `1:${i + 1}: parse error: unexpected right parenthesis ')'`, position: i };
  }
  return depth > 0
    ? { message: `1:${expr.length + 1}: parse error: unclosed left parenthesis`, position: expr.length }
    : undefined;
}

function constant(labels: Record<string, string>, value: number): FakeSeries {
  return { labels, at: () => value };
}

function disks(sizes: readonly number[]): readonly FakeSeries[] {
  const mounts = [
    ['/', '/dev/nvme0n1p2', 'ext4'],
    ['/srv/data', '/dev/sda1', 'xfs'],
    ['/boot/efi', '/dev/nvme0n1p1', 'vfat'],
  ] as const;
  return mounts.map(([mountpoint, device, fstype], i) =>
    constant({ ...HOST, mountpoint, device, fstype }, sizes[i] ?? 0),
  );
}

/** What an application looks like: request rates by route, one of them with a gap every ten minutes. */
function manyRoutes(): readonly FakeSeries[] {
  const routes = ['/', '/api/cart', '/api/checkout', '/api/products', '/api/search', '/health', '/login'];
  return routes.flatMap((route, i) =>
    ['200', '500'].map((code, j) => {
      const series = wave(
        { __name__: 'http_requests', code, route },
        j === 0 ? 14 * (i + 1) : 0.4,
        j === 0 ? 5 : 0.5,
        30 + i * 2 + j,
      );
      const hasGaps = route === '/login';
      return {
        ...series,
        at: (timestampMs: number) =>
          hasGaps && timestampMs % 600_000 < 90_000 ? null : series.at(timestampMs),
      };
    }),
  );
}

/** Between -1 and 1: a few sines that never meet again, and a little grain. */
function noise(seconds: number, seed: number): number {
  const slow = Math.sin(seconds / (97 + seed * 13) + seed) * 0.5;
  const middle = Math.sin(seconds / (23 + seed * 3) + seed * 2) * 0.3;
  const grain = (Math.abs(Math.sin(Math.round(seconds) * 12.9898 + seed * 78.233) * 43758.5453) % 1) - 0.5;
  return slow + middle + grain * 0.12;
}
