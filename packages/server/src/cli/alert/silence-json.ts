/** Silences as API v2 has them: read, posted, listed as amtool lists them. */
import type { Matcher } from '@vedette/model';
import { z } from 'zod';
import { formatAlertMatcher } from '../../alert/matchers/matcher.ts';
import { printable } from '../../lib/printable.ts';
import type { CliIo } from '../command.ts';
import type { ServerClient } from '../server-client.ts';
import { tableText, timeText, type OutputForm } from './output.ts';

const silenceMatcher = z.looseObject({
  name: z.string(),
  value: z.string(),
  isRegex: z.boolean(),
  // Absent in what Alertmanagers before 0.22 exported.
  isEqual: z.boolean().default(true),
});
export const silence = z.looseObject({
  id: z.string(),
  matchers: z.array(silenceMatcher),
  startsAt: z.string(),
  endsAt: z.string(),
  updatedAt: z.string().optional(),
  createdBy: z.string(),
  comment: z.string(),
});
export type Silence = z.infer<typeof silence>;
export type PostedSilence = Pick<Silence, 'matchers' | 'startsAt' | 'endsAt' | 'createdBy' | 'comment'> & {
  readonly id?: string | undefined;
};

/** Makes or changes a silence; its id from now on. */
export async function postSilence(
  client: ServerClient,
  doing: string,
  posted: PostedSilence,
): Promise<string> {
  const { id, matchers, startsAt, endsAt, createdBy, comment } = posted;
  const body = { ...(id === undefined ? {} : { id }), matchers, startsAt, endsAt, createdBy, comment };
  const answer = z.looseObject({ silenceID: z.string() });
  const { silenceID } = await client.ask(doing, answer, { method: 'POST', path: '/api/v2/silences', body });
  return silenceID;
}

export function printSilences(
  silences: readonly Silence[],
  { form, isQuiet }: { readonly form: OutputForm; readonly isQuiet: boolean },
  io: CliIo,
): void {
  if (isQuiet) io.out(silences.map(({ id }) => `${printable(id)}\n`).join(''));
  else if (form === 'json') io.out(`${JSON.stringify(silences)}\n`);
  else io.out(silenceTable(silences, form));
}

function silenceTable(silences: readonly Silence[], form: 'simple' | 'extended'): string {
  const sorted = silences.toSorted((a, b) => Date.parse(a.endsAt) - Date.parse(b.endsAt));
  if (form === 'simple')
    return tableText([
      ['ID', 'Matchers', 'Ends At', 'Created By', 'Comment'],
      ...sorted.map((one) => [
        one.id,
        matcherTexts(one).join(' '),
        timeText(one.endsAt),
        one.createdBy,
        one.comment,
      ]),
    ]);
  return tableText([
    ['ID', 'Matchers', 'Starts At', 'Ends At', 'Updated At', 'Created By', 'Comment'],
    ...sorted.map((one) => [
      one.id,
      `{${matcherTexts(one).join(',')}}`,
      timeText(one.startsAt),
      timeText(one.endsAt),
      timeText(one.updatedAt ?? ''),
      one.createdBy,
      one.comment,
    ]),
  ]);
}

function matcherTexts({ matchers }: Pick<Silence, 'matchers'>): readonly string[] {
  return matchers.map(({ name, value, isRegex, isEqual }) => {
    const op = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
    return formatAlertMatcher({ name, op, value });
  });
}

export function matcherJson({ name, op, value }: Matcher): Silence['matchers'][number] {
  return { name, value, isRegex: op === '=~' || op === '!~', isEqual: op === '=' || op === '=~' };
}

export function silencePath(id: string): string {
  return `/api/v2/silence/${encodeURIComponent(id)}`;
}
