import { labelsFromPairs, type Labels } from '@vedette/model';
import { parseMatcher } from '../alert/matchers/parse.ts';
import { printRoutes } from '../alert/route/print-routes.ts';
import { compileRoutes, matchRoutes } from '../alert/route/route.ts';
import { loadAlertingFile, matcherModeOf } from './alerting-file.ts';
import { EXIT, parseOptions, UsageError, type CliIo, type Command } from './command.ts';

export const alertCommand: Command = {
  help: `Answers questions about alerts. Takes what amtool takes, and answers alike.

Usage: vedette alert routes show --config FILE                draws the routing tree
       vedette alert routes test --config FILE NAME=VALUE…    says who is told of an alert with these labels

Options:
  --config FILE             an alertmanager.yml; amtool's --config.file works, too
  --verify.receivers NAMES  test: the receivers that must come out, with commas between them
  --tree                    test: draws the way through the tree, too
  --enable-feature NAME     classic-mode or utf8-strict-mode, as in Alertmanager
  --json                    test: {"receivers":[…]}

Exit codes: 0 fine, 1 other receivers than --verify.receivers, 2 wrong usage or an invalid file.

Examples:
  vedette alert routes show --config alertmanager.yml
  vedette alert routes test --config alertmanager.yml severity=critical service=db
  vedette alert routes test --config alertmanager.yml --verify.receivers dba,ops service=db
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      config: { type: 'string' },
      'config.file': { type: 'string' },
      'verify.receivers': { type: 'string' },
      tree: { type: 'boolean' },
      json: { type: 'boolean' },
      'enable-feature': { type: 'string', multiple: true },
    });
    const [topic, action = 'show', ...labels] = positionals;
    if (topic !== 'routes')
      throw new UsageError(`want "routes"; got ${topic === undefined ? 'nothing' : `"${topic}"`}`);
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
  },
};

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
