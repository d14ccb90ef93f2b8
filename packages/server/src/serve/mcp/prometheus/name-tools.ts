/** `prom_metadata`, `prom_labels`, `prom_series`: what there is to be asked for. */
import { z } from 'zod';
import type { McpTool, ToolSection } from '../tool.ts';
import { Asker, type Labels, type PrometheusToolDeps } from './ask.ts';
import { LabelCensus } from '../label-census.ts';
import { seriesText } from './shown-series.ts';
import { readRange, secondsText, timeInput, type RangeInput } from '../times.ts';

// Names on a page; a model reads no more of them.
const NAMES_MAX = 2000;
const NAMES_DEFAULT = 100;

const limitInput = (what: string, byDefault = NAMES_DEFAULT) =>
  z.int().min(1).max(NAMES_MAX).default(byDefault).describe(`${what} shown; all are counted`);

const filterInput = z.string().max(200).optional().describe('Only names that contain this, in any case');

// Some dozen matchers; a longer one is a list of names that a regular expression says shorter.
const SELECTOR_CHARS_MAX = 4000;
const selectorInput = z.string().min(1).max(SELECTOR_CHARS_MAX);

export function metadataTool(deps: PrometheusToolDeps): McpTool<typeof metadataInput> {
  return {
    name: 'prom_metadata',
    title: 'Metric metadata',
    description: 'Type, unit and help of metrics. Ask with filter to find a metric by a part of its name.',
    input: metadataInput,
    access: 'read',
    run: async ({ metric, filter, limit }, call) => {
      const form = new URLSearchParams(metric === undefined ? {} : { metric });
      const rows: (string | null)[][] = [];
      let total = 0;
      await new Asker(deps, call).members(
        { path: '/api/v1/metadata', form },
        z.array(metadataEntry),
        (name, [first]) => {
          if (!hasPart(name, filter)) return;
          total++;
          if (rows.length < limit) rows.push([name, first?.type ?? '', first?.unit ?? '', first?.help ?? '']);
        },
      );
      return {
        summary: `${total} metrics with metadata`,
        sections: [{ kind: 'table', columns: ['metric', 'type', 'unit', 'help'], rows, total }],
        ...(total === 0 ? { hint: NO_METADATA } : total > rows.length ? { hint: NARROW_NAMES } : {}),
      };
    },
  };
}

const NO_METADATA =
  'metadata come from scrapes; names that are recorded or pushed have none: ask prom_labels with label __name__';
const NARROW_NAMES = 'filter by a part of the name';

const metadataEntry = z.object({
  type: z.string().optional(),
  unit: z.string().optional(),
  help: z.string().optional(),
});

const metadataInput = z.strictObject({
  metric: z.string().min(1).max(200).optional().describe('One metric, by its whole name'),
  filter: filterInput,
  limit: limitInput('Metrics', 50),
});

export function labelsTool(deps: PrometheusToolDeps): McpTool<typeof labelsInput> {
  return {
    name: 'prom_labels',
    title: 'Label names and values',
    description: 'Label names; with label the values of that one. label __name__ lists the metrics.',
    input: labelsInput,
    access: 'read',
    run: async ({ label, match, filter, limit, ...times }, call) => {
      const form = rangeForm(times, call.nowMs);
      if (match !== undefined) form.append('match[]', match);
      const path =
        label === undefined ? '/api/v1/labels' : `/api/v1/label/${encodeURIComponent(label)}/values`;
      const rows: string[][] = [];
      let total = 0;
      await new Asker(deps, call).each({ path, form }, z.string(), (name) => {
        if (!hasPart(name, filter)) return;
        total++;
        if (rows.length < limit) rows.push([name]);
      });
      const what = label === undefined ? 'label names' : `values of ${JSON.stringify(label)}`;
      return {
        summary: `${total} ${what}`,
        sections: [{ kind: 'table', columns: [label === undefined ? 'label' : 'value'], rows, total }],
        ...(total > rows.length ? { hint: 'filter by a part of the name, or narrow with match' } : {}),
      };
    },
  };
}

const rangeInputs = {
  start: timeInput.optional().describe('Seen since: now-6h, RFC 3339 or Unix seconds; default an hour ago'),
  end: timeInput.optional().describe('As start; default now'),
};

const labelsInput = z.strictObject({
  label: z.string().min(1).max(200).optional().describe('Whose values'),
  match: selectorInput.optional().describe('Only of series that match, such as {job="api"}'),
  filter: filterInput,
  ...rangeInputs,
  limit: limitInput('Names or values'),
});

export function seriesTool(deps: PrometheusToolDeps): McpTool<typeof seriesInput> {
  return {
    name: 'prom_series',
    title: 'Series',
    description: 'Series that match a selector, how many there are, and how many values each label has.',
    input: seriesInput,
    access: 'read',
    run: async ({ match, limit, ...times }, call) => {
      const form = rangeForm(times, call.nowMs);
      for (const one of typeof match === 'string' ? [match] : match) form.append('match[]', one);
      const census = new LabelCensus();
      const kept: Labels[] = [];
      let total = 0;
      await new Asker(deps, call).each(
        { path: '/api/v1/series', form },
        z.record(z.string(), z.string()),
        (labels) => {
          total++;
          census.add(labels);
          if (kept.length < limit) kept.push(labels);
        },
      );
      return {
        summary: `${total} series`,
        sections: [
          ...shapeSection(census),
          {
            kind: 'table',
            columns: ['series'],
            rows: kept.map((labels) => [seriesText(labels, census.common)]),
            total,
          },
        ],
        ...(total > kept.length ? { hint: 'narrow match by a label of the list above' } : {}),
      };
    },
  };
}

function shapeSection(census: LabelCensus): readonly ToolSection[] {
  const common =
    Object.keys(census.common).length === 0 ? '' : `\nall series have ${seriesText(census.common, {})}`;
  const text = census.describe() + common;
  return text === '' ? [] : [{ kind: 'text', title: 'Values per label', text }];
}

// Each is a look at the index.
const SELECTORS_MAX = 10;

const seriesInput = z.strictObject({
  match: z
    .union([selectorInput, z.array(selectorInput).min(1).max(SELECTORS_MAX)])
    .describe('A selector such as up{job="api"}, or several'),
  ...rangeInputs,
  limit: limitInput('Series', 50),
});

/** Without an end of its own a look at all of time would be the most expensive question there is. */
function rangeForm(times: RangeInput, nowMs: number): URLSearchParams {
  const { fromMs, untilMs } = readRange(times, nowMs, SEEN_MS_DEFAULT);
  return new URLSearchParams({ start: secondsText(fromMs), end: secondsText(untilMs) });
}

// What lives now, and what ended a moment ago.
const SEEN_MS_DEFAULT = 3_600_000;

function hasPart(name: string, part: string | undefined): boolean {
  return part === undefined || name.toLowerCase().includes(part.toLowerCase());
}
