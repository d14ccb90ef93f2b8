import * as os from 'node:os';
import * as path from 'node:path';
import { FatalError } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { findUnsupported } from '../alert/config/support.ts';
import type { MatcherMode } from '../alert/matchers/parse.ts';
import type { LoadedConfig } from '../compose-alertmanager-reload.ts';
import { composeAlertmanager, type AlertmanagerSettings } from '../compose-alertmanager.ts';
import { parseAlertmanagerConfig } from '../config/alertmanager-config.ts';
import { ConfigError } from '../config/fault.ts';
import { readText } from '../config/load.ts';
import { DiskFiles } from '../lib/disk-files.ts';
import { SystemClock } from '../lib/system-clock.ts';
import { SystemRandom } from '../lib/system-random.ts';
import { VEDETTE_VERSION } from '../lib/version.ts';
import { Lifecycle } from '../lifecycle.ts';
import { createLog } from '../telemetry/create-log.ts';
import type { Log } from '../telemetry/log.ts';
import { registerProcessMetrics } from '../telemetry/process-metrics.ts';
import { parseAlertmanagerFlags, type AlertmanagerFlags } from './alertmanager/flags.ts';
import { assertNothingAsked } from './alertmanager/web-config.ts';
import { EXIT, type CliIo, type Command } from './command.ts';
import { StopSignals } from './stop-signals.ts';

export const alertmanagerCommand: Command = {
  help: `Runs the alert part alone, as Alertmanager does, with its configuration, flags and API.

Usage: vedette alertmanager [options]        (durations as 120h, 1m30s; 0 is no limit)

  --config.file FILE                        default alertmanager.yml; SIGHUP and POST /-/reload read it again
  --storage.path DIR                        silences, alerts, notification log; default data/
  --data.retention 120h                     how long expired silences and the history are kept
  --data.maintenance-interval 15m           the least that what was told is compared with
  --silences.max-silences N                 expired ones included
  --silences.max-silence-size-bytes N
  --alerts.gc-interval 15m                  how long resolved alerts are kept
  --alerts.per-alertname-limit N            alerts of one name that fire
  --dispatch.maintenance-interval 30s       how often empty groups are looked for
  --dispatch.start-delay 0s                 nothing is sent before
  --web.listen-address HOST:PORT            default 127.0.0.1:9093; may come several times
  --web.external-url URL                    where links lead; default http://HOSTNAME:PORT
  --web.route-prefix PATH                   default the path of the external URL
  --web.token-file FILE                     callers send its content as password or bearer token
  --web.allow-open                          serve whoever comes, beyond loopback, too
  --web.config.file FILE                    an empty one is taken; TLS and bcrypt passwords are refused by name
  --web.get-concurrency 8, --web.timeout 0
  --enable-feature NAMES                    classic-mode, utf8-strict-mode
  --log.level info, --log.format logfmt|json, --log.silences

One process: --cluster.* is taken and does nothing. With --cluster.listen-address status shows a cluster of
one member; no other is ever joined.
`,
  async run(args, io) {
    const flags = parseAlertmanagerFlags(args);
    const clock = new SystemClock();
    const registry = createMetricsRegistry();
    const { log, flush } = createLog({ clock, metrics: registry, stream: process.stderr }, flags.log);
    const lifecycle = new Lifecycle({ clock, log });
    const signals = new StopSignals(log);
    const configFile = path.resolve(io.workingDirectory, flags.configFile);
    const loadConfig = (): Promise<LoadedConfig> => load(configFile, flags.configFile, flags.mode);
    const files = new DiskFiles();
    try {
      if (flags.webConfigFile !== '')
        await assertNothingAsked(files, path.resolve(io.workingDirectory, flags.webConfigFile));
      warnOfIdle(flags, log);
      const own = registerProcessMetrics({ clock, metrics: registry }, { version: VEDETTE_VERSION });
      lifecycle.adopt({ name: 'process metrics', stop: () => own.stop() });
      const running = await composeAlertmanager(
        { clock, random: new SystemRandom(), files, log, registry, lifecycle, loadConfig },
        settingsOf(flags, await loadConfig(), io),
      );
      signals.onReload(() => running.reload());
      for (const address of running.addresses)
        log.info('Listening on', { address: address.replace('http://', '') });
      io.out(`ready ${running.addresses[0]}\n`);
      await signals.stopRequested;
      return (await lifecycle.stop()) ? EXIT.ok : EXIT.checkFailed;
    } finally {
      await lifecycle.stop();
      flush();
    }
  },
};

function settingsOf(flags: AlertmanagerFlags, loaded: LoadedConfig, io: CliIo): AlertmanagerSettings {
  const absolute = (file: string): string => path.resolve(io.workingDirectory, file);
  const port = flags.listen[0]?.split(':').at(-1) ?? '';
  return {
    ...flags,
    loaded,
    dataDirectory: absolute(flags.storagePath),
    tokenFile: flags.tokenFile === undefined ? undefined : absolute(flags.tokenFile),
    // As Alertmanager: people who get the message know the machine, not its loopback.
    externalUrl: flags.externalUrl ?? `http://${os.hostname()}:${port}`,
  };
}

function warnOfIdle({ idleFeatures, hasPeers }: AlertmanagerFlags, log: Log): void {
  if (idleFeatures.length > 0) log.warn('features that do nothing here', { features: idleFeatures });
  if (hasPeers)
    log.warn(
      '--cluster.peer does nothing: this process joins no other, and each tells on its own what it knows',
    );
}

async function load(file: string, shownAs: string, mode: MatcherMode): Promise<LoadedConfig> {
  const text = await readText(file).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new FatalError(
      'VED_CONFIG_INVALID',
      `cannot read configuration "${shownAs}": ${reason}; name an alertmanager.yml with --config.file`,
    );
  });
  const { config, faults, source } = parseAlertmanagerConfig(text, {
    file: shownAs,
    path: file,
    extensions: false,
    mode,
  });
  if (config === undefined) throw new ConfigError(faults, () => text);
  const unsupported = findUnsupported(config).map(({ path: where, message }) =>
    source.faultAt(where, message),
  );
  if (unsupported.length > 0) throw new ConfigError(unsupported, () => text);
  return { config, text };
}
