import { labelsFromPairs, type Labels } from '@vedette/model';
import { parseMatcher } from '../alert/matchers/parse.ts';
import { printRoutes } from '../alert/route/print-routes.ts';
import { compileRoutes, matchRoutes } from '../alert/route/route.ts';
import { loadAlertingFile, matcherModeOf } from './alerting-file.ts';
import { EXIT, parseOptions, UsageError, type CliIo, type Command } from './command.ts';

export const alertCommand: Command = {
  help: `Asks and tells a running server about alerts. Takes what amtool takes, and answers alike; a real
Alertmanager at --url works, too, but for explain and preview. Matchers: NAME=VALUE, !=, =~, !~; a first
one that is none is the value of alertname.

Usage: vedette alert query [MATCHER…]             lists alerts, those that nothing mutes if not said otherwise
       vedette alert add NAME=VALUE…              makes an alert
       vedette alert explain FINGERPRINT|NAME=VALUE…   why it was told or not, and when it is told next
       vedette alert silence add MATCHER…         makes a silence; prints its id
       vedette alert silence query [MATCHER…]     lists silences
       vedette alert silence update|expire ID…    changes them, ends them
       vedette alert silence import [FILE]        makes what "silence query -o json" printed (- is stdin)
       vedette alert silence preview MATCHER…     what a silence would mute
       vedette alert routes show|test --config FILE [NAME=VALUE…]   the routing tree of a file, without a server

Options:
  --url URL                 the server (default http://127.0.0.1:8080, or VEDETTE_URL)
  --token-file FILE         send the token in this file (or VEDETTE_TOKEN_FILE)
  -o, --output FORM         simple, extended or json (also --json)
  -a, -s, -i, -u            query: active, silenced, inhibited, unprocessed alerts; -r RECEIVER
  --start, --end TIME       add, silence: RFC 3339;  --annotation NAME=VALUE, --generator-url URL: add
  -d, --duration TIME       silence add, update (default 1h);  -c, --comment;  -a, --author
  -q, --quiet               silence query, update: ids alone;  --expired, --within TIME, --created-by NAME
  -f, --force               silence import: makes new ones
  --verify.receivers NAMES  routes test: the receivers that must come out, with commas between them
  --tree                    routes test: draws the way through the tree, too
  --enable-feature NAME     routes: classic-mode or utf8-strict-mode, as in Alertmanager

Exit codes: 0 fine, 1 refused or other receivers than wanted, 2 wrong usage or an invalid file, 3 not reachable.

Examples:
  vedette alert query -o extended severity=critical
  vedette alert explain alertname=HighLatency service=db
  vedette alert silence add -c 'disk swap' -d 2h alertname=DiskFull instance=~'db.*'
  vedette alert routes test --config alertmanager.yml --verify.receivers dba,ops service=db
`,
  async run(args, io) {
    const [topic, ...rest] = args;
    switch (topic) {
      case 'routes':
        return await runRoutes(rest, io);
      case 'add':
        return await (await import('./alert/alerts.ts')).addAlert(rest, io);
      case 'query':
        return await (await import('./alert/alerts.ts')).queryAlerts(rest, io);
      case 'silence':
        return await (await import('./alert/silences.ts')).runSilence(rest, io);
      case 'explain':
        return await (await import('./alert/explain.ts')).explainAlert(rest, io);
      case undefined:
      default:
        throw new UsageError(
          `want query, add, explain, silence or routes; got ${topic === undefined ? 'nothing' : `"${topic}"`}`,
        );
    }
  },
};

async function runRoutes(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    config: { type: 'string' },
    'config.file': { type: 'string' },
    'verify.receivers': { type: 'string' },
    tree: { type: 'boolean' },
    json: { type: 'boolean' },
    'enable-feature': { type: 'string', multiple: true },
  });
  const [action = 'show', ...labels] = positionals;
  const file = values.config ?? values['config.file'];
  if (file === undefined) throw new UsageError('want --config with an alertmanager.yml');
  const { config } = await loadAlertingFile(file, io, matcherModeOf(values['enable-feature'] ?? []));
  const root = compileRoutes(config.route);
  if (action === 'show') {
    if (labels[0] !== undefined) throw new UsageError(`unexpected argument "${labels[0]}"`);
    io.out(`Routing tree:\n${printRoutes(root)}`);
    return EXIT.ok;
  }
  if (action !== 'test') throw new UsageError(`want "show" or "test"; got "${action}"`);
  const matched = matchRoutes(root, labels.length === 0 ? labelsFromPairs([]) : labelsOfArguments(labels));
  const receivers = matched.map(({ receiver }) => receiver);
  if (values.tree === true) io.out(`Matching routes:\n${printRoutes(root, new Set(matched))}\n`);
  io.out(values.json === true ? `${JSON.stringify({ receivers })}\n` : `${receivers.join(',')}\n`);
  return verify(receivers, values['verify.receivers'], io);
}

function labelsOfArguments(texts: readonly string[]): Labels {
  return labelsFromPairs(
    texts.map((text) => {
      const { name, op, value } = parseMatcher(text);
      if (op !== '=') throw new UsageError(`want a label as NAME=VALUE; got "${text}"`);
      return [name, value] as const;
    }),
  );
}

function verify(receivers: readonly string[], wanted: string | undefined, { err }: CliIo): number {
  if (wanted === undefined || wanted === receivers.join(',')) return EXIT.ok;
  err(
    `WARNING: Expected receivers did not match resolved receivers; got ${receivers.join(',')}, want ${wanted}\n`,
  );
  return EXIT.checkFailed;
}
