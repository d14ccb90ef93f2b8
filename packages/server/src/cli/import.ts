import { EXIT, parseOptions, UsageError, type Command } from './command.ts';
import { runPrometheusImport } from './import/prometheus.ts';

export const importCommand: Command = {
  help: `Takes over the samples of a Prometheus, from its data directory or over its remote read API. The
server must be stopped: the command works on its data directory.

Usage: vedette import prometheus [options] DIR|URL

DIR is what --storage.tsdb.path names, or a snapshot of it. Its blocks are read, the write-ahead log is
not: the last two to three hours are only in a snapshot, or had by URL. URL is the server's address,
such as http://127.0.0.1:9090; it adds its external labels to every series.

Options:
  --data DIR          data directory to import into (default ./data)
  --config FILE       vedette.yml with retention and limits (default ./vedette.yml if it is there)
  --from TIME         begin here: RFC 3339, Unix seconds, or as long ago as 30d (default: DIR the first
  --to TIME           sample, URL our retention); end here, inclusive (default now)
  --match SELECTOR    only these series; repeat it for more
  --skip-damaged      leave damaged blocks out instead of stopping at them
  --token-file FILE   send the token in this file with requests to URL
  --dry-run           read and count everything, store nothing
  --json              print the summary as JSON

Killed or stopped, the same command goes on where it was. Times that have a sample keep it.

Examples:
  vedette import prometheus /var/lib/prometheus/metrics2 --data /var/lib/vedette
  vedette import prometheus http://127.0.0.1:9090 --from 30d --match '{job="node"}'
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      data: { type: 'string' },
      config: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      match: { type: 'string', multiple: true },
      'skip-damaged': { type: 'boolean' },
      'token-file': { type: 'string' },
      'dry-run': { type: 'boolean' },
      json: { type: 'boolean' },
    });
    const [kind, source, extra] = positionals;
    if (kind === undefined) throw new UsageError('what to import from is missing; want "prometheus DIR|URL"');
    if (kind !== 'prometheus') throw new UsageError(`cannot import from "${kind}"; want "prometheus"`);
    if (source === undefined) throw new UsageError('a directory or an address is missing');
    if (extra !== undefined) throw new UsageError(`unexpected argument "${extra}"`);
    const isSound = await runPrometheusImport(source, values, io);
    return isSound ? EXIT.ok : EXIT.checkFailed;
  },
};
