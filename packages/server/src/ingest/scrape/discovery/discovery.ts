import { labelsFromPairs, type Clock, type Files, type Labels } from '@vedette/model';
import type { Log } from '../../../telemetry/log.ts';
import type { TargetGroup } from '../../../lib/discovery-config.ts';
import type { ScrapeMetrics } from '../scrape-metrics.ts';

/**
 * One source of targets of a job. A source that fails keeps its last good targets, counts the failure and says why
 * in the log. None of the methods throws or rejects.
 */
export interface TargetDiscovery {
  /** True when a look needs no other machine: the configuration is then applied only after the first one. */
  readonly isLocal: boolean;
  /** Label sets of all targets that are known now. */
  targets(): readonly Labels[];
  /** Looks once. True when targets may have changed. */
  refresh(): Promise<boolean>;
  /** Goes on looking until stopped; `onChange` runs after each look that found something new. Starting twice is safe. */
  start(onChange: () => void): void;
  /** Final: a stopped source is not started again. */
  stop(): void;
}

export interface DiscoveryDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly metrics: Pick<ScrapeMetrics, 'discoveryFailures'>;
}

export interface DiscoveryOptions {
  /** Folder of the configuration file: relative names in it are relative to this. */
  readonly directory: string;
  readonly userAgent: string;
}

/** One label set per target of the group; `extra` labels stand behind the group's own. */
export function targetLabelsOf(group: TargetGroup, extra: readonly (readonly [string, string])[]): Labels[] {
  return group.targets.map((target) =>
    labelsFromPairs([...Object.entries(group.labels), ...extra, ['__address__', target]]),
  );
}
