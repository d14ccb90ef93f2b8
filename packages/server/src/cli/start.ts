import * as path from 'node:path';
import { styleText } from 'node:util';
import { createMetricsRegistry } from '@vedette/sdk';
import { composeServer, type RunningServer } from '../compose.ts';
import { loadStartSettings, START_OPTIONS, type StartSettings } from '../config/start-settings.ts';
import { DiskFiles } from '../lib/disk-files.ts';
import { SystemClock } from '../lib/system-clock.ts';
import { SystemRandom } from '../lib/system-random.ts';
import { VEDETTE_VERSION } from '../lib/version.ts';
import { Lifecycle } from '../lifecycle.ts';
import { createLog } from '../telemetry/create-log.ts';
import { assertNoArguments, EXIT, parseOptions, type CliIo, type Command } from './command.ts';
import { StopSignals } from './stop-signals.ts';

export const startCommand: Command = {
  help: `Runs the server until it is told to stop. Prints one line, "ready http://…", on stdout when it
serves; everything else goes to stderr.

Usage: vedette start [options]

Options:
  --config FILE       vedette.yml or a prometheus.yml (default ./vedette.yml if it is there)
  --listen HOST:PORT  default 127.0.0.1:8080; port 0 takes a free one
  --data DIR          where samples and state live (default ./data)
  --profile small     defaults for a machine of 4 GB: 30 s, 7 days, small caches; the file overrides them
  --no-host           do not watch this machine
  --log json|pretty   form of the log (default pretty on a terminal)

Environment: VEDETTE_CONFIG, VEDETTE_LISTEN, VEDETTE_DATA, VEDETTE_PROFILE. SIGHUP reads the configuration again (a bad
file keeps the old one); SIGTERM or Ctrl+C stops within 10 s, a second one at once.

Examples:
  vedette start
  vedette start --config /etc/prometheus/prometheus.yml --listen 127.0.0.1:9090
  vedette start --listen 127.0.0.1:0 --data /var/lib/vedette --log json
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, START_OPTIONS);
    assertNoArguments(positionals);
    const settings = await loadStartSettings(values, io);
    const clock = new SystemClock();
    const registry = createMetricsRegistry();
    const { log, flush } = createLog(
      { clock, metrics: registry, stream: process.stderr },
      { format: settings.logFormat, level: 'info' },
    );
    const lifecycle = new Lifecycle({ clock, log });
    // From the first moment: a signal during the start waits for its end and then stops cleanly.
    const signals = new StopSignals(log);
    const startMs = clock.monotonicMs();
    try {
      const reloadSettings = (): Promise<StartSettings> => loadStartSettings(values, io);
      const server = await composeServer(
        {
          clock,
          random: new SystemRandom(),
          files: new DiskFiles(),
          log,
          registry,
          lifecycle,
          reloadSettings,
        },
        settings,
      );
      signals.onReload(async () => {
        await server.reload();
        showSetupLink(server, settings, io);
      });
      if (settings.logFormat === 'pretty') io.err(bannerOf(server, settings, clock.monotonicMs() - startMs));
      showSetupLink(server, settings, io);
      io.out(`ready ${server.address}\n`);
      await signals.stopRequested;
      return (await lifecycle.stop()) ? EXIT.ok : EXIT.checkFailed;
    } finally {
      await lifecycle.stop();
      flush();
    }
  },
};

/** Printed and not logged: whoever reads the log elsewhere is not whoever started the server. */
function showSetupLink(server: RunningServer, { logFormat }: StartSettings, io: CliIo): void {
  const url = server.setupLink();
  if (url === undefined) return;
  const message =
    'no account exists yet: open this address within 10 minutes to make the first administrator';
  if (logFormat === 'json') io.err(`${JSON.stringify({ level: 'warn', message, url })}\n`);
  else io.err(`${message}\n  ${styleText('bold', url, { stream: process.stderr })}\n`);
}

function bannerOf(server: RunningServer, settings: StartSettings, readyMs: number): string {
  const bold = (text: string): string => styleText('bold', text, { stream: process.stderr });
  const data = path.relative(process.cwd(), settings.dataDirectory) || '.';
  return `${bold('vedette')} ${VEDETTE_VERSION}  node ${process.versions.node}  data ${data.startsWith('..') ? settings.dataDirectory : `./${data}`}
  ready in ${(readyMs / 1000).toFixed(1)} s
  UI          ${bold(server.address)}
  Prometheus  ${server.address}/api/v1
  ${settings.profile === undefined ? '' : `profile ${settings.profile}, `}${settings.configFile === undefined ? 'no configuration: watching this machine and myself' : `configuration ${settings.configFile}`}
  check: npx vedette doctor   stop: Ctrl+C
`;
}
