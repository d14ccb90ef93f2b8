import type { Matcher } from '@vedette/model';
import { z } from 'zod';
import { formatAlertMatcher, silenceStateAt, type Silence } from '../../../alert/index.ts';
import { uiPath } from '../../../lib/ui-path.ts';
import { sortSilences } from '../../alertmanager-api/alert-json.ts';
import type { McpDeps } from '../mcp-deps.ts';
import { isoOf } from '../times.ts';
import type { McpTool } from '../tool.ts';
import { limitArgument, matchArgument, readMatch } from './arguments.ts';

const ROWS_DEFAULT = 50;

// About the budget of an answer at its greatest, with short rows.
const ROWS_MAX = 500;

const input = z.strictObject({
  state: z.enum(['active', 'pending', 'expired', 'all']).optional().describe('Default active and pending'),
  match: matchArgument('Silences with these very matchers,'),
  limit: limitArgument(ROWS_DEFAULT, ROWS_MAX),
});

export function silencesListTool(deps: McpDeps): McpTool<typeof input> {
  return {
    name: 'silences_list',
    title: 'List silences',
    description: 'Silences with matchers, author, comment and end.',
    input,
    access: 'read',
    run: ({ state, match, limit }, { nowMs }) => {
      const wanted = readMatch('match', match);
      const found = deps.alerting.silences.all().filter((silence) => {
        const is = silenceStateAt(silence, nowMs);
        return (
          (state === 'all' || (state === undefined ? is !== 'expired' : is === state)) &&
          wanted.every((matcher) => silence.matchers.some((one) => isSame(one, matcher)))
        );
      });
      return Promise.resolve({
        summary: `${found.length} silences${state === undefined ? ' in force or to come' : ''}`,
        sections: [
          {
            kind: 'table',
            title: 'Silences',
            columns: ['id', 'state', 'matchers', 'from', 'until', 'by', 'comment'],
            rows: sortSilences(found, nowMs)
              .slice(0, limit)
              .map((one) => [
                one.id,
                silenceStateAt(one, nowMs),
                matchersText(one),
                isoOf(one.startsAtMs),
                isoOf(one.endsAtMs),
                one.createdBy,
                one.comment,
              ]),
            total: found.length,
          },
        ],
        links: [{ label: 'Silences', path: uiPath(['alerts'], { view: 'silences' }) }],
      });
    },
  };
}

export function matchersText({ matchers }: Pick<Silence, 'matchers'>): string {
  return `{${matchers.map(formatAlertMatcher).join(',')}}`;
}

export function isSame(a: Matcher, b: Matcher): boolean {
  return a.name === b.name && a.op === b.op && a.value === b.value;
}
