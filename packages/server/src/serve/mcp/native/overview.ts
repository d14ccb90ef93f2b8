import { z } from 'zod';
import { statusSummaryOf } from '../../vedette-api/summaries.ts';
import type { McpDeps } from '../mcp-deps.ts';
import type { McpTool, ToolResult, ToolSection } from '../tool.ts';
import { withoutUrlSecrets } from '../url-secrets.ts';
import { countsBySeverity, listedAlertsOf } from './alert-states.ts';
import { listOf } from './alerts-list.ts';
import { agoOf } from './arguments.ts';

// The lists have the rest.
const ALERTS_MAX = 20;
const TARGETS_MAX = 20;
const RULES_MAX = 10;

// A scrape that is later than this has been missed.
const INTERVALS_LATE = 3;

const HOUR_MS = 3_600_000;

// Attempts of an hour that are counted; more than these are a storm, and told as at least so many.
const ATTEMPTS_MAX = 200;

const MUTED: ReadonlySet<string> = new Set(['silenced', 'inhibited']);

export function overviewTool(deps: McpDeps): McpTool {
  return {
    name: 'overview',
    title: 'Overview',
    description:
      'Health of everything watched, now: firing alerts by severity, targets down, failing rules, guard, storage. Ask this first.',
    input: z.strictObject({}),
    access: 'read',
    run: async (_, { nowMs }): Promise<ToolResult> => {
      const status = statusSummaryOf(deps);
      const alerts = (await listedAlertsOf(deps, nowMs)).filter(({ state }) => state !== 'resolved');
      const told = alerts.filter(({ state }) => state === 'firing');
      const muted = alerts.filter(({ state }) => MUTED.has(state)).length;
      const { targets, rules } = status;
      const sections: readonly ToolSection[] = [
        { kind: 'text', title: 'Problems of this server', text: status.problems.join('\n') },
        listOf(alerts, ALERTS_MAX, nowMs),
        {
          kind: 'table',
          title: 'Firing by severity',
          columns: ['severity', 'alerts'],
          rows: countsBySeverity(told),
        },
        targetsSection(deps, nowMs),
        rulesSection(deps),
        { kind: 'text', title: 'State', text: (await stateLines(deps, nowMs)).join('\n'), isOurs: true },
      ];
      return {
        summary: [
          `${told.length} alerts firing (${muted} more muted), ${alerts.length - told.length - muted} pending`,
          `targets ${targets.up} up, ${targets.down} down, ${targets.unknown} unknown`,
          `${rules.failing} of ${rules.rules} rules failing`,
          // Of what is watched the counts tell; a word for it would be one of this server alone.
          status.problems.length === 0
            ? 'this server itself is well'
            : `${status.problems.length} problem${status.problems.length === 1 ? '' : 's'} of this server`,
          `as of ${new Date(nowMs).toISOString()}`,
        ].join('; '),
        sections,
        links: [{ label: 'Overview', path: '/' }],
      };
    },
  };
}

/** Down ones, and those that were up when they were last heard of, too long ago. */
function targetsSection({ targets }: McpDeps, nowMs: number): ToolSection {
  const troubled = targets
    .targets()
    .active.map((target) => {
      const { health, lastScrapeMs, scrapeIntervalMs } = target;
      const isLate = lastScrapeMs !== undefined && nowMs - lastScrapeMs > INTERVALS_LATE * scrapeIntervalMs;
      return { target, state: health === 'down' ? 'down' : isLate ? 'late' : 'fine' };
    })
    .filter(({ state }) => state !== 'fine');
  return {
    kind: 'table',
    title: 'Targets in trouble',
    columns: ['pool', 'target', 'state', 'last scrape', 'error'],
    rows: troubled
      .slice(0, TARGETS_MAX)
      .map(({ state, target: { scrapePool, scrapeUrl, lastScrapeMs, lastError } }) => [
        scrapePool,
        withoutUrlSecrets(scrapeUrl),
        state,
        lastScrapeMs === undefined ? 'never' : `${agoOf(lastScrapeMs, nowMs)} ago`,
        withoutUrlSecrets(lastError) || null,
      ]),
    total: troubled.length,
  };
}

function rulesSection({ rules }: McpDeps): ToolSection {
  const failing = rules
    .groups()
    .flatMap((group) => group.rules.map((view) => ({ group, view })))
    .filter(({ view }) => view.last.health === 'err');
  return {
    kind: 'table',
    title: 'Failing rules',
    columns: ['rule', 'group', 'error'],
    rows: failing
      .slice(0, RULES_MAX)
      .map(({ group, view }) => [view.rule.name, group.name, view.last.error ?? null]),
    total: failing.length,
  };
}

/** Whom the server failed to tell of late: then nobody may know of what fires. */
async function failedNotificationLines({ insight }: McpDeps, nowMs: number): Promise<readonly string[]> {
  const { attempts, nextCursor } = await insight.attempts({
    outcome: 'failed',
    fromMs: nowMs - HOUR_MS,
    untilMs: nowMs,
    limit: ATTEMPTS_MAX,
  });
  if (attempts.length === 0) return [];
  const receivers = [...new Set(attempts.map(({ receiver }) => JSON.stringify(receiver)))].join(', ');
  const count = `${nextCursor === undefined ? '' : 'at least '}${attempts.length}`;
  return [
    `notifications: ${count} attempts to tell ${receivers} failed in the last hour; notifications_list has the errors`,
  ];
}

/** Numbers of ours, in lines. */
async function stateLines(deps: McpDeps, nowMs: number): Promise<readonly string[]> {
  const { activeSeries, samplesPerSecond, headUntilMs, diskFreeBytes, oldestSampleMs } = deps.storage.stats();
  const newest = headUntilMs === undefined ? 'unknown' : `${agoOf(headUntilMs, nowMs)} old`;
  const lines: string[] = [
    `data: newest sample ${newest}${oldestSampleMs === undefined ? '' : `, oldest ${agoOf(oldestSampleMs, nowMs)} old`}, ${activeSeries ?? 'unknown'} active series, ${Math.round(samplesPerSecond)} samples/s, ${Math.round(diskFreeBytes / 2 ** 20)} MiB of disk free`,
  ];
  lines.push(...(await failedNotificationLines(deps, nowMs)));
  if (deps.guard === undefined) return lines;
  const guard = await deps.guard();
  const policies = guard.policies();
  const stopped = policies.filter(({ tripped }) => tripped !== undefined).length;
  const shadow = policies.filter(({ mode }) => mode === 'shadow').length;
  return [
    ...lines,
    `guard: ${guard.live().length} decisions in force; ${policies.length} policies, ${shadow} in shadow, ${stopped} stopped by the brake`,
  ];
}
