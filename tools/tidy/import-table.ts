/** Who may import whom: the one place that says it. `tools/tidy.ts` prints it into ARCHITECTURE.md. */

/** What an area may import besides itself, Node and its declared packages. `*` is everything. */
export const IMPORT_TABLE: Readonly<Record<string, readonly string[]>> = {
  model: [],
  gotemplate: [],
  sdk: [],
  promql: ['model'],
  tsdb: ['model'],
  eventdb: ['model'],
  api: ['model'],
  dashboard: ['model', 'promql/parser'],
  web: ['api', 'dashboard', 'dashboard/units', 'model', 'promql/parser'],
  'server/lib': ['model'],
  'server/telemetry': ['server/lib', 'model', 'sdk', 'sdk/runtime'],
  'server/store': ['server/lib', 'server/telemetry', 'model', 'tsdb', 'eventdb', 'sdk'],
  'server/ingest': ['server/lib', 'server/telemetry', 'model', 'server/store', 'sdk'],
  'server/query': ['server/lib', 'server/telemetry', 'model', 'server/store', 'promql', 'sdk'],
  'server/detect': [
    'server/lib',
    'server/telemetry',
    'model',
    'server/query',
    'server/store',
    'promql',
    'gotemplate',
    'sdk',
  ],
  'server/alert': ['server/lib', 'server/telemetry', 'model', 'server/store', 'gotemplate', 'sdk'],
  'server/respond': [
    'server/lib',
    'server/telemetry',
    'model',
    'server/query',
    'server/store',
    'server/detect',
    'server/alert',
    'api',
    'promql',
    'gotemplate',
    'sdk',
  ],
  'server/simulate': [
    'server/lib',
    'server/telemetry',
    'model',
    'server/query',
    'server/store',
    'server/detect',
    'server/alert',
    'server/respond',
    'promql',
    'gotemplate',
    'sdk',
  ],
  'server/content': ['server/lib', 'model', 'gotemplate', 'promql', 'dashboard'],
  'server/config': ['server/lib', 'model', 'promql/parser'],
  'server/serve': [
    'server/ingest',
    'server/store',
    'server/query',
    'server/detect',
    'server/alert',
    'server/respond',
    'server/simulate',
    'server/content',
    'server/config',
    'server/lib',
    'server/telemetry',
    'api',
    'dashboard',
    'model',
    'promql',
    'sdk',
  ],
  'server/cli': ['*'],
  'server/compose': ['*'],
};

/** Stages are entered by their door alone. */
const STAGES = new Set([
  'server/ingest',
  'server/store',
  'server/query',
  'server/detect',
  'server/alert',
  'server/respond',
  'server/simulate',
  'server/content',
]);

/** Areas that wire things together and may open adapters. */
const WIRING = new Set(['server/cli', 'server/compose']);

/** `packages/server/src/store/metrics/x.ts` belongs to `server/store`; `undefined` for files of no area (tools, test, bench). */
export function areaOf(file: string): string | undefined {
  const match = /^packages\/([^/]+)\/src\/(?:([^/]+)\/)?/.exec(file);
  if (match === null) return undefined;
  const [, name, folder] = match;
  if (name !== 'server') return name;
  return folder === undefined ? 'server/compose' : `server/${folder}`;
}

/** Why `file` must not import `target` (a file of the tree or `@vedette/…`); `undefined` when it may. */
export function findForbiddenImport(file: string, target: string): string | undefined {
  const from = areaOf(file);
  const to = target.startsWith('@vedette/') ? target.slice('@vedette/'.length) : areaOf(target);
  if (from === undefined || to === undefined || from === to) return undefined;
  const allowed = IMPORT_TABLE[from];
  if (allowed === undefined)
    return `cannot place "${file}": area "${from}" is not in the import table; add it to tools/tidy/import-table.ts`;
  if (allowed.includes('*')) return undefined;
  const isTest = /(\.(test|contract|fuzz|bench)|-fixture)\.ts$/.test(file);
  if (from === 'server/config' && target.endsWith('/config.ts')) return undefined;
  if (!allowed.includes(to)) {
    if (isTest && allowedInTests(from, to)) return undefined;
    return `"${from}" must not import "${to}"; it may import: ${allowed.length === 0 ? 'nothing' : allowed.join(', ')}`;
  }
  if (isTest || WIRING.has(from) || !STAGES.has(to)) return undefined;
  if (/\/(index|port)\.ts$/.test(target)) return undefined;
  return `"${target}" is inside the stage "${to}"; enter it by its index.ts or port.ts`;
}

/** Tests of a stage may put real neighbours of earlier stages together. */
function allowedInTests(from: string, to: string): boolean {
  return (
    from.startsWith('server/') &&
    from !== 'server/lib' &&
    !['server/serve', 'server/cli', 'server/compose', 'web'].includes(to)
  );
}

/** The table as Markdown. */
export function printImportTable(): string {
  const rows = Object.entries(IMPORT_TABLE).map(
    ([area, allowed]) =>
      `| ${area} | ${allowed.length === 0 ? 'nothing' : allowed.includes('*') ? 'everything' : allowed.join(', ')} |`,
  );
  return ['| area | may import |', '|---|---|', ...rows].join('\n');
}
