import { globSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { configSchema } from '../../packages/server/src/config/schema.ts';
import { printCli } from './cli.ts';
import { printConfiguration, printRefusals } from './configuration.ts';
import { printEditorSchema } from './editor-schema.ts';
import { loadRoutes, printHttp } from './http.ts';
import { printLimits, readLimits, type Limit } from './limits.ts';
import { fillPart } from './markdown.ts';
import { collectMetricsPage, printMetrics } from './metrics.ts';
import { loadShippedRules, printAlerts } from './rules.ts';

/** A file that is made from code, wholly or in part, and what it should contain. */
export interface GeneratedDocument {
  readonly file: string;
  readonly want: string;
}

/** The guide with a generated part; everything else in it is written by hand. */
const GUIDE = 'docs/guides/from-prometheus.md';

/** The page about the shipped rules: its tables are generated. */
const RULES_PAGE = 'docs/rules.md';

/** Every reference page. A new one is a line here. */
export async function createDocuments(root: string): Promise<GeneratedDocument[]> {
  const collectors = path.join(root, 'packages/server/src/ingest/host/collectors');
  const guide = readFileSync(path.join(root, GUIDE), 'utf8');
  const rules = loadShippedRules(root);
  const rulesPage = readFileSync(path.join(root, RULES_PAGE), 'utf8');
  const documents = [
    { file: 'docs/configuration.md', want: printConfiguration(configSchema) },
    { file: 'docs/vedette.schema.json', want: printEditorSchema(configSchema) },
    { file: 'docs/limits.md', want: printLimits(loadLimits(root)) },
    { file: 'docs/cli.md', want: await printCli() },
    { file: 'docs/http.md', want: printHttp(loadRoutes()) },
    { file: GUIDE, want: fillPart(guide, 'refused', printRefusals(configSchema)) },
    { file: RULES_PAGE, want: fillPart(rulesPage, 'alerts', printAlerts(rules)) },
  ];
  // Elsewhere some of the process' own metrics are missing: the page is that of Linux.
  return process.platform === 'linux'
    ? [
        ...documents,
        { file: 'docs/metrics.md', want: printMetrics(await collectMetricsPage(collectors, rules)) },
      ]
    : documents;
}

/** The limits of all sources that ship, but for the UI: those are rows and pixels. */
export function loadLimits(root: string): Limit[] {
  return globSync('packages/*/src/**/*.ts', { cwd: root })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => !file.startsWith('packages/web/'))
    .filter((file) => !/(\.(test|bench|fuzz|contract)|-fixture)\.ts$/.test(file))
    .sort()
    .flatMap((file) => readLimits(file, readFileSync(path.join(root, file), 'utf8')));
}
