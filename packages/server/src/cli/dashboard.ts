import { stat, readFile } from 'node:fs/promises';
import * as path from 'node:path';
import { ExpectedError, InputError } from '@vedette/model';
import { DASHBOARD_BYTES_MAX, parseDashboardText, readDashboard } from '@vedette/dashboard';
import type { CoverageRemark, CoverageReport } from '@vedette/dashboard';
import { printable } from '../lib/printable.ts';
import { EXIT, parseOptions, UsageError, type CliIo, type Command } from './command.ts';

export const dashboardCommand: Command = {
  help: `Tells what of a Grafana dashboard is shown, panel by panel, without starting anything.

Usage: vedette dashboard check [options] FILE…

Files are Grafana's JSON of any version, as it is exported, or as its API and Kubernetes have it. A panel is
shown in full, in part (what is missing is said) or not at all.

Options:
  --json   one object per file: {"file", "title", "panels": […], "remarks": […]}, or {"file", "error"}

Exit codes: 0 all is shown, 1 something is not, or a file cannot be read, 2 wrong usage.

Examples:
  vedette dashboard check node-exporter-full.json
  vedette dashboard check --json dashboards/*.json
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, { json: { type: 'boolean' } });
    const [verb, ...files] = positionals;
    if (verb !== 'check')
      throw new UsageError(`want "check"; got ${verb === undefined ? 'nothing' : `"${verb}"`}`);
    if (files.length === 0) throw new UsageError('want at least one file');
    let isShown = true;
    for (const file of files) {
      const outcome = await checkFile(file, io);
      isShown &&= outcome.kind === 'read' && isWhole(outcome.report);
      if (values.json === true) io.out(`${JSON.stringify(jsonOf(file, outcome))}\n`);
      else if (outcome.kind === 'failed') io.err(`${file}: ${printable(outcome.message)}\n`);
      else io.out(textOf(file, outcome));
    }
    return isShown ? EXIT.ok : EXIT.checkFailed;
  },
};

type Outcome =
  | { readonly kind: 'read'; readonly title: string; readonly report: CoverageReport }
  | { readonly kind: 'failed'; readonly message: string };

async function checkFile(file: string, { workingDirectory }: CliIo): Promise<Outcome> {
  try {
    const text = await readText(path.resolve(workingDirectory, file));
    const { dashboard, report } = readDashboard(parseDashboardText(text));
    return { kind: 'read', title: dashboard.title, report };
  } catch (error) {
    if (error instanceof ExpectedError) return { kind: 'failed', message: error.message };
    throw error;
  }
}

/** The size is asked first: what is far too large is not read. */
async function readText(absolute: string): Promise<string> {
  try {
    const { size } = await stat(absolute);
    if (size <= DASHBOARD_BYTES_MAX) return await readFile(absolute, 'utf8');
    throw new InputError(
      'VED_DASHBOARD_TOO_LARGE',
      `cannot read the dashboard: the file is too large; got ${size} bytes, limit is ${DASHBOARD_BYTES_MAX} (DASHBOARD_BYTES_MAX)`,
    );
  } catch (error) {
    if (error instanceof ExpectedError || !(error instanceof Error)) throw error;
    throw new InputError('VED_DASHBOARD_INVALID', `cannot read the dashboard: ${error.message}`, {
      cause: error,
    });
  }
}

/** What was brought from an older form is no loss. */
function isWhole({ panels, remarks }: CoverageReport): boolean {
  return (
    panels.every(({ verdict }) => verdict === 'full') && remarks.every(({ code }) => code === 'migrated')
  );
}

function jsonOf(file: string, outcome: Outcome): object {
  return outcome.kind === 'failed'
    ? { file, error: outcome.message }
    : { file, title: outcome.title, ...outcome.report };
}

function textOf(file: string, { title, report }: Extract<Outcome, { kind: 'read' }>): string {
  const { panels, remarks } = report;
  const countOf = (verdict: string): number => panels.filter((panel) => panel.verdict === verdict).length;
  const lines = [
    `${file}: "${printable(title)}": ${panels.length} panels, ${countOf('full')} in full, ${countOf('partial')} in part, ${countOf('none')} not shown`,
    ...remarks.map((remark) => `  ${remarkText(remark)}`),
  ];
  for (const panel of panels) {
    if (panel.verdict === 'full') continue;
    const row = panel.row === '' ? '' : `${printable(panel.row)} / `;
    const verdict = panel.verdict === 'none' ? 'not shown' : 'in part';
    lines.push(
      `  panel ${panel.id} "${row}${printable(panel.title)}" (${printable(panel.type)}): ${verdict}`,
    );
    for (const remark of panel.remarks) lines.push(`    ${remarkText(remark)}`);
  }
  return `${lines.join('\n')}\n`;
}

function remarkText({ what, detail }: CoverageRemark): string {
  return `${printable(what)}: ${printable(detail)}`;
}
