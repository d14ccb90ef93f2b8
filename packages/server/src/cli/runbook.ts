import { UsageError, type Command } from './command.ts';

export const runbookCommand: Command = {
  help: `Writes runbooks, and tells which ones fit an alert, without a server. Their format: docs/runbooks.md.

Usage: vedette runbook new NAME [options]     writes DIR/NAME.md to be filled in; never over a file that is there
       vedette runbook match [options]        prints those that fit an alert, the best first, and why
       vedette check runbooks FILE|DIR…       says what is wrong in them

Options:
  --dir DIR             new: where it is written (default runbooks); match: a folder of your own, as agent.runbooks
                        has them; may be repeated
  --for-alert ALERT     new: the name of the alert, if the runbook has another one
  --rules FILE          new: take expression, severity and texts from the alert in this rule file; may be repeated
  --labels A=B,…        match: the alert's labels; values with commas in double quotes
  --annotations A=B,…   match: its annotations; runbook_url counts
  --alert FILE          match: an alert, a list of them, or what Alertmanager's webhook sends, as JSON
  --steps               match: the steps of the best one, too, with the alert's labels filled in
  --json                match: one object per alert

Exit codes: 0 written or found, 1 nothing fits, or a file is there or cannot be read, 2 wrong usage.

Examples:
  vedette runbook new HighErrorRate --rules rules/api.yml
  vedette runbook new web-errors --dir ops/runbooks --for-alert HighErrorRate
  vedette runbook match --labels alertname=HighErrorRate,job=api --steps
  vedette runbook match --alert alert.json --dir ops/runbooks --json
`,
  async run(args, io) {
    const [verb, ...rest] = args;
    switch (verb) {
      case 'new':
        return await (await import('./runbook/new.ts')).newRunbook(rest, io);
      case 'match':
        return await (await import('./runbook/match.ts')).matchRunbook(rest, io);
      case undefined:
      default:
        throw new UsageError(`want "new" or "match"; got ${verb === undefined ? 'nothing' : `"${verb}"`}`);
    }
  },
};
