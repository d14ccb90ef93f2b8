/** `prom_targets`, `prom_get_alerts`, `prom_rules`: what is scraped, what fires, and by which rules. */
import { formatLabels, labelsOf } from '@vedette/model';
import { z } from 'zod';
import type { McpTool } from '../tool.ts';
import { Asker, type PrometheusToolDeps } from './ask.ts';
import { withoutUrlSecrets } from '../url-secrets.ts';

// A page of a list; more is narrowed.
const ROWS_MAX = 1000;
const ROWS_DEFAULT = 50;

const limitInput = z.int().min(1).max(ROWS_MAX).default(ROWS_DEFAULT).describe('Rows shown; all are counted');
const nameInput = z.string().min(1).max(200).optional();
const labelsSchema = z.record(z.string(), z.string());

export function targetsTool(deps: PrometheusToolDeps): McpTool<typeof targetsInput> {
  return {
    name: 'prom_targets',
    title: 'Scrape targets',
    description: 'Scrape targets with health, last scrape and error; those that are down come first.',
    input: targetsInput,
    access: 'read',
    run: async ({ health, job, limit }, call) => {
      const found: z.output<typeof targetSchema>[] = [];
      const counts = new Map<string, number>();
      await new Asker(deps, call).each(
        { path: '/api/v1/targets', form: new URLSearchParams({ state: 'active' }), name: 'activeTargets' },
        targetSchema,
        (target) => {
          if (job !== undefined && job !== target.scrapePool && job !== target.labels['job']) return;
          counts.set(target.health, (counts.get(target.health) ?? 0) + 1);
          if (health === undefined || health === target.health) found.push(target);
        },
      );
      const shown = found.toSorted((a, b) => Number(a.health === 'up') - Number(b.health === 'up'));
      const count = (word: string): string => `${counts.get(word) ?? 0} ${word}`;
      return {
        summary: `targets: ${count('up')}, ${count('down')}, ${count('unknown')}`,
        sections: [
          {
            kind: 'table',
            columns: ['job', 'instance', 'health', 'last scrape', 'seconds', 'url', 'error'],
            rows: shown
              .slice(0, limit)
              .map((target) => [
                target.labels['job'] ?? target.scrapePool,
                target.labels['instance'] ?? '',
                target.health,
                target.lastScrape,
                target.lastScrapeDuration ?? null,
                withoutUrlSecrets(target.scrapeUrl),
                withoutUrlSecrets(target.lastError),
              ]),
            total: found.length,
          },
        ],
        ...(found.length > limit ? { hint: 'ask with health "down", or with job' } : {}),
      };
    },
  };
}

const targetSchema = z.object({
  labels: labelsSchema,
  scrapePool: z.string().default(''),
  scrapeUrl: z.string().default(''),
  lastError: z.string().default(''),
  lastScrape: z.string().default(''),
  lastScrapeDuration: z.number().optional(),
  health: z.string(),
});

const targetsInput = z.strictObject({
  health: z.enum(['up', 'down', 'unknown']).optional().describe('Only these'),
  job: nameInput.describe('Only of this job'),
  limit: limitInput,
});

export function alertsTool(deps: PrometheusToolDeps): McpTool<typeof alertsInput> {
  return {
    name: 'prom_get_alerts',
    title: 'Active alerts',
    description: 'Pending and firing alerts of the rules, the oldest first, with labels and summary.',
    input: alertsInput,
    access: 'read',
    run: async ({ state, name, limit }, call) => {
      const found: z.output<typeof alertSchema>[] = [];
      const counts = { firing: 0, pending: 0 };
      await new Asker(deps, call).each({ path: '/api/v1/alerts', name: 'alerts' }, alertSchema, (alert) => {
        if (name !== undefined && alert.labels['alertname'] !== name) return;
        if (alert.state === 'firing' || alert.state === 'pending') counts[alert.state]++;
        if (state === undefined || state === alert.state) found.push(alert);
      });
      const shown = found.toSorted((a, b) => (a.activeAt < b.activeAt ? -1 : 1)).slice(0, limit);
      return {
        summary: `${counts.firing} firing and ${counts.pending} pending alerts`,
        sections: [
          {
            kind: 'table',
            columns: ['alert', 'state', 'since', 'value', 'labels', 'summary'],
            rows: shown.map(({ labels: { alertname = '', ...labels }, annotations, ...alert }) => [
              alertname,
              alert.state,
              alert.activeAt,
              alert.value,
              formatLabels(labelsOf(labels)),
              annotations['summary'] ?? annotations['description'] ?? annotations['message'] ?? null,
            ]),
            total: found.length,
          },
        ],
        ...(found.length > limit ? { hint: 'ask with state "firing", or with name' } : {}),
      };
    },
  };
}

const alertSchema = z.object({
  labels: labelsSchema,
  annotations: labelsSchema.default({}),
  state: z.string(),
  activeAt: z.string().default(''),
  value: z.string().default(''),
});

const alertsInput = z.strictObject({
  state: z.enum(['firing', 'pending']).optional().describe('Only these'),
  name: nameInput.describe('Only with this alertname'),
  limit: limitInput,
});

export function rulesTool(deps: PrometheusToolDeps): McpTool<typeof rulesInput> {
  return {
    name: 'prom_rules',
    title: 'Rules',
    description: 'Alerting and recording rules with their expression, health and state.',
    input: rulesInput,
    access: 'read',
    run: async ({ type, name, group, health, limit }, call) => {
      const form = new URLSearchParams(type === undefined ? {} : { type });
      const rows: (string | number | null)[][] = [];
      let total = 0;
      let brokenCount = 0;
      await new Asker(deps, call).each(
        { path: '/api/v1/rules', form, name: 'groups' },
        groupSchema,
        (one) => {
          if (group !== undefined && group !== one.name) return;
          for (const rule of one.rules) {
            if (name !== undefined && name !== rule.name) continue;
            if (rule.health === 'err') brokenCount++;
            if (health !== undefined && health !== rule.health) continue;
            total++;
            if (rows.length < limit) rows.push(ruleRow(one.name, rule));
          }
        },
      );
      return {
        summary: `${total} rules, ${brokenCount} of them cannot be evaluated`,
        sections: [{ kind: 'table', columns: RULE_COLUMNS, rows, total }],
        ...(total > rows.length ? { hint: 'ask with group, name, type or health' } : {}),
      };
    },
  };
}

const RULE_COLUMNS = ['group', 'rule', 'type', 'state', 'for', 'health', 'expression', 'labels', 'error'];

function ruleRow(group: string, rule: z.output<typeof ruleSchema>): (string | number | null)[] {
  const { name, type, state = null, duration, health, query, labels, lastError = null } = rule;
  const held = duration === undefined ? null : `${duration}s`;
  return [group, name, type, state, held, health, query, formatLabels(labelsOf(labels)), lastError];
}

const ruleSchema = z.object({
  name: z.string(),
  type: z.string(),
  query: z.string(),
  health: z.string().default('unknown'),
  state: z.string().optional(),
  duration: z.number().optional(),
  labels: labelsSchema.default({}),
  lastError: z.string().optional(),
});

const groupSchema = z.object({ name: z.string(), rules: z.array(ruleSchema) });

const rulesInput = z.strictObject({
  type: z.enum(['alert', 'record']).optional().describe('Only these'),
  group: nameInput.describe('Only of this group'),
  name: nameInput.describe('Only with this name'),
  health: z.enum(['ok', 'err', 'unknown']).optional().describe('Only these'),
  limit: limitInput,
});
