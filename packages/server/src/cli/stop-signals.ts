import type { Log } from '../telemetry/log.ts';
import { EXIT } from './command.ts';

/** SIGTERM and SIGINT ask to stop, the second one at once; SIGHUP reads the configuration again. */
export class StopSignals {
  readonly stopRequested: Promise<void>;
  readonly #log: Log;
  #reload: (() => Promise<void>) | undefined;
  /** A SIGHUP came before the server could reload: the file may have changed after it was read. */
  #isReloadOwed = false;

  constructor(log: Log) {
    this.#log = log;
    const stop = Promise.withResolvers<void>();
    this.stopRequested = stop.promise;
    let isStopping = false;
    const onStop = (signal: NodeJS.Signals): void => {
      // The second one means it: whatever is acknowledged is in the log already.
      if (isStopping) process.exit(EXIT.checkFailed);
      isStopping = true;
      log.info('stopping', { signal });
      stop.resolve();
    };
    process.on('SIGTERM', onStop);
    process.on('SIGINT', onStop);
    process.on('SIGHUP', () => this.#requestReload());
  }

  onReload(reload: () => Promise<void>): void {
    this.#reload = reload;
    if (this.#isReloadOwed) this.#requestReload();
  }

  #requestReload(): void {
    this.#isReloadOwed = this.#reload === undefined;
    this.#reload?.().catch((error: unknown) =>
      this.#log.error('cannot reload the configuration; the old one stays', { error }),
    );
  }
}
