import { parseCount, parseFlat } from '../cgroup-text.ts';
import type { ContainerReader } from '../container.ts';

/** The period where no limit was ever set. */
const PERIOD_DEFAULT = 100_000;

/** Processor time, the limit of it, and how often the limit held the container back. */
export const cpu: ContainerReader = {
  create: ({ files, families }) => {
    const usage = families('counter', 'container_cpu_usage_seconds_total', 'Processor time used.', ['cpu']);
    const user = families('counter', 'container_cpu_user_seconds_total', 'Processor time used in user mode.');
    const system = families(
      'counter',
      'container_cpu_system_seconds_total',
      'Processor time used in kernel mode.',
    );
    const periods = families(
      'counter',
      'container_cpu_cfs_periods_total',
      'Periods of the quota that passed.',
    );
    const throttled = families(
      'counter',
      'container_cpu_cfs_throttled_periods_total',
      'Periods in which the quota was used up.',
    );
    const throttledSeconds = families(
      'counter',
      'container_cpu_cfs_throttled_seconds_total',
      'Time for which the container was held back by its quota.',
    );
    const quota = families('gauge', 'container_spec_cpu_quota', 'Microseconds of processor time per period.');
    const period = families('gauge', 'container_spec_cpu_period', 'Period of the quota in microseconds.');
    const shares = families(
      'gauge',
      'container_spec_cpu_shares',
      'Weight against other containers; 1024 is usual.',
    );
    return {
      read: (container) => {
        const stat = parseFlat(files.read(`${container.directory}/cpu.stat`));
        usage.add(container, secondsOf(stat.get('usage_usec')), 'total');
        user.add(container, secondsOf(stat.get('user_usec')));
        system.add(container, secondsOf(stat.get('system_usec')));
        const max = files.read(`${container.directory}/cpu.max`);
        if (max === undefined) return;
        const [quotaText, periodText] = max.trim().split(' ');
        const quotaUs = parseCount(quotaText);
        period.add(container, parseCount(periodText) ?? PERIOD_DEFAULT);
        shares.add(container, sharesOf(parseCount(files.read(`${container.directory}/cpu.weight`))));
        // As in cAdvisor: without a quota nothing is ever throttled, and the series would be noise.
        if (quotaUs === undefined) return;
        quota.add(container, quotaUs);
        periods.add(container, stat.get('nr_periods'));
        throttled.add(container, stat.get('nr_throttled'));
        throttledSeconds.add(container, secondsOf(stat.get('throttled_usec')));
      },
    };
  },
};

function secondsOf(microseconds: number | undefined): number | undefined {
  return microseconds === undefined ? undefined : microseconds / 1e6;
}

/** The inverse of how engines turn shares (2 to 262,144) into the weight of cgroup v2 (1 to 10,000). */
function sharesOf(weight: number | undefined): number | undefined {
  if (weight === undefined || weight < 1 || weight > 10_000) return undefined;
  return 2 + Math.floor(((weight - 1) * 262_142) / 9999);
}
