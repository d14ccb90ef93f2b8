import type { TFunction } from 'i18next';
import type { ChartSpec } from '../chart/chart-card.tsx';
import { lastValueOf, type Frame } from '../chart/frame.ts';
import { formatValue } from '../format/unit.ts';

/** A strip above a list, not the page: half of what a chart of the overview takes. */
const PLOT_HEIGHT = 84;

/** What users do, who does too much of it, and for whom a decision is in force. */
export function guardCharts(t: TFunction): ChartSpec[] {
  const look = { unit: 'short', yMin: 0, plotHeight: PLOT_HEIGHT, absent: t('guard.chart.absent') };
  const actions = [t('guard.chart.taken'), t('guard.chart.refused')];
  const bans = [t('guard.chart.out'), t('guard.chart.slowed')];
  return [
    {
      ...look,
      title: t('guard.chart.actions'),
      exprs: [
        'sum(rate(user_actions_total{job="vedette"}[$window])) * 60',
        'sum(rate(user_action_outcomes_total{job="vedette",outcome="refused"}[$window])) * 60',
      ],
      nameOf: ({ q }) => actions[q] ?? '',
      headline: (frame) => formatValue(sumOfLast(frame), 'short'),
    },
    {
      ...look,
      title: t('guard.chart.over'),
      exprs: ['max by (policy) (guard_subjects_over_threshold{job="vedette"})'],
      nameOf: ({ labels }) => labels['policy'] ?? '',
      headline: (frame) => formatValue(maxOfLast(frame), 'short'),
    },
    {
      ...look,
      title: t('guard.chart.banned'),
      exprs: [
        'sum(banned_users_current{job="vedette",ban_type!~"slow|challenge"})',
        'sum(banned_users_current{job="vedette",ban_type=~"slow|challenge"})',
      ],
      nameOf: ({ q }) => bans[q] ?? '',
      headline: (frame) => formatValue(sumOfLast(frame), 'short'),
    },
  ];
}

function sumOfLast(frame: Frame): number {
  return frame.series.reduce((sum, series) => sum + (lastValueOf(series) ?? 0), 0);
}

/** A subject may be past several policies: the largest number is certain. */
function maxOfLast(frame: Frame): number {
  return frame.series.reduce((most, series) => Math.max(most, lastValueOf(series) ?? 0), 0);
}
