import * as path from 'node:path';
import { FatalError } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import type { AlertmanagerConfig } from '../alert/config/config.ts';
import { findUnsupported } from '../alert/config/support.ts';
import type { MatcherMode } from '../alert/matchers/parse.ts';
import { composeAlertmanager } from '../compose-alertmanager.ts';
import { parseAlertmanagerConfig } from '../config/alertmanager-config.ts';
import { ConfigError } from '../config/fault.ts';
import { readText } from '../config/load.ts';
import { DiskFiles } from '../lib/disk-files.ts';
import { SystemClock } from '../lib/system-clock.ts';
import { SystemRandom } from '../lib/system-random.ts';
import { Lifecycle } from '../lifecycle.ts';
import { createLog } from '../telemetry/create-log.ts';
import { assertNoArguments, EXIT, parseOptions, type Command } from './command.ts';
import { StopSignals } from './stop-signals.ts';

/** Alertmanager's flags; those that have nothing to say here are taken and not used. */
const OPTIONS = {
  'config.file': { type: 'string', default: 'alertmanager.yml' },
  'storage.path': { type: 'string', default: 'data/' },
  'web.listen-address': { type: 'string', default: '127.0.0.1:9093' },
  'web.external-url': { type: 'string' },
  'web.route-prefix': { type: 'string' },
  'web.allow-open': { type: 'boolean' },
  'enable-feature': { type: 'string', default: '' },
  'log.level': { type: 'string', default: 'info' },
  'log.format': { type: 'string', default: 'json' },
  'data.retention': { type: 'string' },
  'data.maintenance-interval': { type: 'string' },
  'alerts.gc-interval': { type: 'string' },
  'cluster.listen-address': { type: 'string' },
  'cluster.settle-timeout': { type: 'string' },
  'cluster.peer': { type: 'string', multiple: true },
} as const;

export const alertmanagerCommand: Command = {
  help: `Runs the alert part alone, as Alertmanager does, with its configuration, flags and API.

Usage: vedette alertmanager [options]

Options:
  --config.file FILE             alertmanager.yml (default ./alertmanager.yml)
  --storage.path DIR             where silences, alerts and the notification log live (default ./data)
  --web.listen-address HOST:PORT default 127.0.0.1:9093
  --web.external-url URL         where links in messages lead
  --web.route-prefix PATH        prefix of all paths (default that of the external URL)
  --web.allow-open               listen on other than loopback without asking who calls
  --enable-feature NAMES         classic-mode, utf8-strict-mode
  --log.level LEVEL              debug, info, warn, error
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, OPTIONS);
    assertNoArguments(positionals);
    const configFile = path.resolve(io.workingDirectory, values['config.file']);
    const mode = modeOf(values['enable-feature']);
    const loadConfig = (): Promise<AlertmanagerConfig> => load(configFile, values['config.file'], mode);
    const clock = new SystemClock();
    const registry = createMetricsRegistry();
    const { log, flush } = createLog(
      { clock, metrics: registry, stream: process.stderr },
      { format: 'json', level: 'info' },
    );
    const lifecycle = new Lifecycle({ clock, log });
    const signals = new StopSignals(log);
    try {
      const config = await loadConfig();
      const externalUrl = values['web.external-url']?.replace(/\/+$/, '');
      const prefix =
        values['web.route-prefix'] ?? (externalUrl === undefined ? '' : new URL(externalUrl).pathname);
      const running = await composeAlertmanager(
        { clock, random: new SystemRandom(), files: new DiskFiles(), log, registry, lifecycle, loadConfig },
        {
          config,
          configFile,
          dataDirectory: path.resolve(io.workingDirectory, values['storage.path']),
          listen: values['web.listen-address'].replace(/^:/, '127.0.0.1:'),
          externalUrl,
          routePrefix: prefix.replace(/\/+$/, ''),
        },
      );
      signals.onReload(() => running.reload());
      log.info('Listening on', { address: running.address.replace('http://', '') });
      io.out(`ready ${running.address}\n`);
      await signals.stopRequested;
      return (await lifecycle.stop()) ? EXIT.ok : EXIT.checkFailed;
    } finally {
      await lifecycle.stop();
      flush();
    }
  },
};

async function load(file: string, shownAs: string, mode: MatcherMode): Promise<AlertmanagerConfig> {
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
  return config;
}

function modeOf(features: string): MatcherMode {
  const names = features.split(',').map((name) => name.trim());
  if (names.includes('classic-mode')) return 'classic';
  return names.includes('utf8-strict-mode') ? 'utf8-strict' : 'fallback';
}
