/** Alerts of rules go two ways: through our own routing, and on to the Alertmanagers of `alerting`. */
import type { Clock, Files } from '@vedette/model';
import type { MetricsRegistry } from '@vedette/sdk';
import { createAlertForwarder, type AlertForwarder } from './alert/index.ts';
import { configDirectory } from './config/load.ts';
import type { StartSettings } from './config/start-settings.ts';
import type { AlertSink } from './detect/index.ts';
import { discoveriesOf, TargetSources } from './ingest/index.ts';
import { VEDETTE_VERSION } from './lib/version.ts';
import type { Log } from './telemetry/log.ts';

export interface ForwardDeps {
  readonly clock: Clock;
  readonly files: Files;
  readonly log: Log;
  readonly registry: MetricsRegistry;
}

/** Alertmanagers are found as scrape targets are. */
export function createForwarder(deps: ForwardDeps, settings: StartSettings): AlertForwarder {
  const log = deps.log.child('forwarding');
  const directory = configDirectory(settings.configFile, process.cwd());
  const options = { directory, userAgent: `Vedette/${VEDETTE_VERSION}` };
  return createAlertForwarder(
    {
      ...deps,
      log,
      metrics: deps.registry,
      createSources: (metrics) => {
        const sources = new TargetSources({ ...deps, log, metrics }, options);
        return {
          apply: (config) =>
            sources.apply({ staticGroups: config.static_configs, discoveries: discoveriesOf(config) }),
          start: (onChange) => sources.start(onChange),
          targets: () => sources.targets(),
          stop: () => sources.stop(),
        };
      },
    },
    options,
  );
}

/** Both ways at once: the forwarder only queues, so that it neither delays nor fails the pipeline. */
export function bothWays(pipeline: AlertSink, forwarder: AlertForwarder): AlertSink {
  return {
    post: async (alerts) => {
      forwarder.post(alerts);
      await pipeline.post(alerts);
    },
  };
}
