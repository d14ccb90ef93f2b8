import { z } from 'zod';
import { durationMs } from '../../lib/schema.ts';
import type { ContainerCollectorOptions } from './container-collector.ts';

// 5 s: a round over 50 containers costs 20 ms of CPU, 0.4 % of a core (container-collector.bench.ts); 50 x 50 series
// are 500 samples/s.
const INTERVAL = '5s';

// Ten times what one usually runs on a machine; a pod takes two.
const CONTAINER_LIMIT = 500;

// 500 containers have about 25,000 series; further disks and interfaces come on top.
const SERIES_LIMIT = 50_000;

// Each makes every series of every container longer.
const LABELS_MAX = 32;

/** The key `containers` of the configuration. */
export const containersConfig = z
  .strictObject({
    enabled: z
      .union([z.boolean(), z.literal('auto')])
      .default('auto')
      .describe('Whether the containers of this machine are watched; `auto`: once there is one.'),
    interval: durationMs
      .prefault(INTERVAL)
      .refine((ms) => ms >= 1000, { message: 'must be at least 1s' })
      .describe('Time between two readings; at least 1s.'),
    socket: z
      .string()
      .refine((text) => text === 'auto' || text === 'none' || text.startsWith('/'), {
        message: 'must be auto, none or the absolute path of a socket',
      })
      .default('auto')
      .describe(
        "Where the engine is asked for names and images: a socket, `none`, or `auto`: Docker's and Podman's usual ones, where this process may use them.",
      ),
    services: z
      .boolean()
      .default(false)
      .describe('Whether systemd services are watched like containers, with the label `id` alone.'),
    labels: z
      .array(z.string().min(1))
      .max(LABELS_MAX)
      .default([])
      .describe(
        'Labels of the engine that become `container_label_…`, such as `com.docker.compose.service`.',
      ),
    container_limit: z
      .int()
      .min(1)
      .default(CONTAINER_LIMIT)
      .describe('Containers watched at most; those beyond, by their paths, are left out and counted.'),
    series_limit: z
      .int()
      .min(100)
      .default(SERIES_LIMIT)
      .describe('Series of all containers together; those beyond are left out and counted.'),
  })
  .prefault({});

type ContainersConfig = z.infer<typeof containersConfig>;

/** The options of the collector, all but `instance`. */
export function containerOptionsOf(config: ContainersConfig): Omit<ContainerCollectorOptions, 'instance'> {
  return {
    intervalMs: config.interval,
    waitsForContainer: config.enabled === 'auto',
    socket: config.socket,
    withServices: config.services,
    labelNames: config.labels,
    containersMax: config.container_limit,
    seriesMax: config.series_limit,
  };
}
