import type { Log } from '../../telemetry/log.ts';
import type { DocumentWrite } from './port.ts';

/** Calls all; one that throws is logged and harms nobody. */
export function notifyWatchers(
  log: Log,
  listeners: ReadonlySet<(change: DocumentWrite) => void> | undefined,
  change: DocumentWrite,
): void {
  for (const listener of listeners ?? []) {
    try {
      listener(change);
    } catch (error) {
      log.error('a watcher of the state store failed', { error, collection: change.collection });
    }
  }
}
