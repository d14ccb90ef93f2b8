import { FatalError } from '@vedette/model';

/**
 * Named sets of defaults, below the configuration file: what the file says counts, key by key; lists and single values
 * are taken as a whole. They are in the notation of the file, go through the same checks, and are printed with it.
 */
export const PROFILES = {
  /**
   * A machine of 4 GB that has other things to do: below 200 MB at 10,000 active series. Half the samples of the
   * defaults, a week of them, and limits at which even the worst query and the worst job leave the machine alive.
   */
  small: {
    global: { scrape_interval: '30s', evaluation_interval: '30s' },
    storage: {
      metrics: {
        retention: '7d',
        // Two hours of 10,000 series at 30 s are 5 MB; 32 MB still hold 70,000 series.
        head_bytes_max: '32MB',
        cache_bytes_max: '8MB',
        // 100,000 series take 150 MB at the most.
        series_max: 100_000,
        series_max_per_job: 50_000,
      },
      exemplars: { max_exemplars: 5000 },
    },
    // 5 million samples are 80 MB, and two of such queries run at a time.
    query: { max_samples: 5_000_000, max_concurrency: 2, max_queued: 50 },
    host: { interval: '10s' },
    containers: { interval: '10s' },
  },
} as const;

export type ProfileName = keyof typeof PROFILES;

/** Throws `FatalError` for a name that is none. */
export function parseProfileName(text: string): ProfileName {
  if (Object.hasOwn(PROFILES, text)) return text as ProfileName;
  throw new FatalError(
    'VED_CONFIG_INVALID',
    `cannot use --profile "${text}": want ${Object.keys(PROFILES).join(' or ')}`,
  );
}

/** One key that a profile sets, as `storage.metrics.retention`. */
export interface ProfileSetting {
  readonly key: string;
  readonly value: unknown;
}

/** The plain values of a file with those of the profile below them, and which of these count. */
export function applyProfile(
  value: unknown,
  profile: ProfileName,
): { readonly value: unknown; readonly settings: readonly ProfileSetting[] } {
  const settings: ProfileSetting[] = [];
  const merged = mergeBelow(value, defaultsFor(value, profile), { path: '', settings });
  return { value: merged, settings };
}

/** Without what the file says by another name: an engine elsewhere has no keys of ours, Prometheus' keys are no others. */
function defaultsFor(value: unknown, profile: ProfileName): Plain {
  const defaults: Plain = structuredClone(PROFILES[profile]);
  const storage = at(value, 'storage');
  const metrics = at(defaults, 'storage', 'metrics');
  if (!isPlain(metrics)) return defaults;
  if (at(storage, 'metrics', 'engine') === 'prometheus') delete (defaults['storage'] as Plain)['metrics'];
  if (at(storage, 'tsdb', 'retention') !== undefined) delete metrics['retention'];
  return defaults;
}

type Plain = Record<string, unknown>;

function mergeBelow(
  own: unknown,
  below: unknown,
  scope: { readonly path: string; readonly settings: ProfileSetting[] },
): unknown {
  if (isPlain(below) && (own === undefined || own === null || isPlain(own))) {
    const merged: Plain = { ...own };
    for (const [key, value] of Object.entries(below)) {
      const path = scope.path === '' ? key : `${scope.path}.${key}`;
      merged[key] = mergeBelow(merged[key], value, { ...scope, path });
    }
    return merged;
  }
  if (own !== undefined) return own;
  scope.settings.push({ key: scope.path, value: below });
  return below;
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let inner = value;
  for (const step of path) inner = isPlain(inner) ? inner[step] : undefined;
  return inner;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
