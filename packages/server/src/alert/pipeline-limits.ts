import type { SilenceLimits } from './silence/silence.ts';

/** How much is kept for how long, by the names and with the meaning of Alertmanager's flags. */
export interface AlertPipelineLimits extends SilenceLimits {
  /** `--dispatch.maintenance-interval`: how often what is empty or over is looked for. */
  readonly maintenanceIntervalMs: number;
  /** `--dispatch.start-delay`: no group is flushed before, counted from the start. */
  readonly startDelayMs: number;
  /** `--alerts.gc-interval`: how long a resolved alert is kept; its sender may repeat it meanwhile. */
  readonly resolvedLifeMs: number;
  /** `--alerts.per-alertname-limit`: alerts of one name that fire at a time; 0 is none. */
  readonly alertsPerNameMax: number;
  /** `--data.retention`: of expired silences and of the history of notifications, and the longest that what was told is compared with. */
  readonly retentionMs: number;
  /** `--data.maintenance-interval`: the shortest that what was told is compared with. */
  readonly entryLifeMsMin: number;
}

/** Alertmanager's defaults, but for resolved alerts: it looks for them every 30 minutes, so that they are kept half of that on average. */
export const ALERT_PIPELINE_LIMITS: AlertPipelineLimits = {
  maintenanceIntervalMs: 30_000,
  startDelayMs: 0,
  // Prometheus repeats a resolution for this long.
  resolvedLifeMs: 15 * 60_000,
  // 0 is none: ALERTS_MAX holds all the same.
  alertsPerNameMax: 0,
  retentionMs: 120 * 3_600_000,
  // A group that comes back within it is compared with what was told before.
  entryLifeMsMin: 15 * 60_000,
  // 0 is none: people set silences by hand.
  silencesMax: 0,
  // 0 is none: the body of a request is limited.
  silenceBytesMax: 0,
};
