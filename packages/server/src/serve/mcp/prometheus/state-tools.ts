/** `prom_config` and `prom_status`: how the server is set up and how it is. */
import { InputError } from '@vedette/model';
import { z } from 'zod';
import { hasRole } from '../../auth/roles.ts';
import type { McpTool, ToolResult } from '../tool.ts';
import { Asker, type PrometheusToolDeps } from './ask.ts';
import { findConfigParts, maskedPart, maskedSetting } from './mask.ts';

export function configTool(deps: PrometheusToolDeps): McpTool<typeof configInput> {
  return {
    name: 'prom_config',
    title: 'Configuration',
    description:
      'The loaded configuration as YAML, without secrets; one section of it, such as scrape_configs.',
    input: configInput,
    access: 'read',
    run: async ({ section, limit }, call) => {
      // As the route itself: where everything is scraped and sent is not for every viewer.
      if (call.caller.role === undefined || !hasRole(call.caller.role, 'operator'))
        throw new InputError(
          'VED_QUERY_INVALID',
          'the configuration is for the role operator; ask with a token whose role is that',
        );
      const asker = new Asker(deps, call);
      const { yaml } = await asker.value('/api/v1/status/config', z.object({ yaml: z.string() }));
      const parts = findConfigParts(yaml);
      const names = [...new Set(parts.map(({ name }) => name))];
      if (section !== undefined && !names.includes(section))
        return { summary: `no section ${JSON.stringify(section)}`, sections: namesSection(names) };
      const lines: string[] = [];
      let lineCount = 0;
      for (const part of parts) {
        if (section !== undefined && section !== part.name) continue;
        const text = maskedPart(part.text);
        const added = text.trimEnd().split('\n');
        lineCount += added.length;
        lines.push(...added.slice(0, limit - lines.length));
        await asker.breathe();
      }
      const isCut = lineCount > lines.length;
      return {
        summary: `${lineCount} lines of configuration${isCut ? `, ${lines.length} shown` : ''}; secrets are masked`,
        sections: [
          ...(section === undefined ? namesSection(names) : []),
          { kind: 'text', text: lines.join('\n') },
        ],
        ...(section === undefined ? { hint: 'ask with section to see one of them alone' } : {}),
      };
    },
  };
}

function namesSection(names: readonly string[]): NonNullable<ToolResult['sections']> {
  return [{ kind: 'text', title: 'Sections', text: names.join(', ') }];
}

// Ten screens; a section is asked for by its name.
const LINES_MAX = 2000;
const LINES_DEFAULT = 400;

const configInput = z.strictObject({
  section: z.string().min(1).max(100).optional().describe('A key of the top level'),
  limit: z.int().min(1).max(LINES_MAX).default(LINES_DEFAULT).describe('Lines shown'),
});

export function statusTool(deps: PrometheusToolDeps): McpTool<typeof statusInput> {
  return {
    name: 'prom_status',
    title: 'Status',
    description:
      'State of the server: runtime, build, flags, or tsdb (series, and which names have the most).',
    input: statusInput,
    access: 'read',
    run: async ({ what, limit }, call) => {
      const asker = new Asker(deps, call);
      if (what === 'tsdb') return await tsdbResult(asker, limit);
      const path = { runtime: 'runtimeinfo', build: 'buildinfo', flags: 'flags' }[what];
      const values = await asker.value(`/api/v1/status/${path}`, z.record(z.string(), z.unknown()));
      const rows = Object.entries(values).map(([name, value]) => [
        name,
        maskedSetting(name, typeof value === 'string' ? value : JSON.stringify(value)),
      ]);
      return {
        summary: `${what}: ${rows.length} values`,
        sections: [
          { kind: 'table', columns: ['name', 'value'], rows: rows.slice(0, limit), total: rows.length },
        ],
      };
    },
  };
}

// Rows of a list; upstream has ten.
const ROWS_MAX = 500;

const statusInput = z.strictObject({
  what: z.enum(['runtime', 'build', 'flags', 'tsdb']).default('runtime').describe('Which state'),
  limit: z.int().min(1).max(ROWS_MAX).default(100).describe('Rows shown of each list'),
});

const entries = z
  .array(z.object({ name: z.string(), value: z.number() }))
  .nullish()
  .transform((list) => list ?? []);

const tsdbSchema = z.object({
  headStats: z.record(z.string(), z.unknown()).optional(),
  seriesCountByMetricName: entries,
  labelValueCountByLabelName: entries,
  memoryInBytesByLabelName: entries,
  seriesCountByLabelValuePair: entries,
});

async function tsdbResult(asker: Asker, limit: number): Promise<ToolResult> {
  // An older Prometheus knows no limit and answers ten.
  const form = new URLSearchParams({ limit: String(limit) });
  const { headStats = {}, ...lists } = await asker.value('/api/v1/status/tsdb', tsdbSchema, form);
  const table = (title: string, list: z.output<typeof entries>) => ({
    kind: 'table' as const,
    title,
    columns: ['name', 'value'],
    rows: list.slice(0, limit).map(({ name, value }) => [name, value]),
    total: list.length,
  });
  const seriesCount = headStats['numSeries'];
  return {
    summary: `tsdb: ${typeof seriesCount === 'number' ? `${seriesCount} series in the head` : 'no count of series'}`,
    sections: [
      { ...table('Head', []), rows: Object.entries(headStats).map(([name, value]) => [name, String(value)]) },
      table('Series per metric', lists.seriesCountByMetricName),
      table('Values per label', lists.labelValueCountByLabelName),
      table('Bytes per label', lists.memoryInBytesByLabelName),
      table('Series per label pair', lists.seriesCountByLabelValuePair),
    ],
  };
}
