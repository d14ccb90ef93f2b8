import { formatDurationMs } from '@vedette/model';

/** A span for people, at most two units: `3s`, `12m`, `2h 5m`, `4d 3h`. */
export function formatAge(ageMs: number): string {
  const seconds = Math.max(0, Math.round(ageMs / 1000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return two(hours, 'h', minutes % 60, 'm');
  return two(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

/** A measured duration in seconds as people say it: `0.0042` is `4.2 ms`; whole seconds as `1m30s`. */
export function formatStep(stepMs: number): string {
  return formatDurationMs(Math.round(stepMs));
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large}${largeUnit}` : `${large}${largeUnit} ${small}${smallUnit}`;
}
