/** `POST /api/v2/silences`. */
import type { Matcher } from '@vedette/model';
import { createAlertMatcher, type SilenceDraft } from '../../alert/index.ts';
import { quote } from '../prometheus-api/go-text.ts';
import { HandlerFault, required, tooFew } from './api-answer.ts';
import { goRegexpReason } from './go-regexp.ts';
import { JsonFields } from './json-fields.ts';

/** Throws `SchemaFault`, or `HandlerFault` for a matcher that cannot be. */
export function postedSilenceOf(body: unknown): SilenceDraft {
  if (body === undefined) throw required('silence');
  const goNameOf = (key: string): string => `${key === 'id' ? '' : 'Silence'}.${key}`;
  const fields = new JsonFields(body, { name: 'silence', goNameOf }, 'value of type models.PostableSilence');
  const comment = fields.requiredText('comment');
  const createdBy = fields.requiredText('createdBy');
  const endsAt = fields.time('endsAt');
  if (endsAt === undefined) throw required('endsAt');
  const posted = fields.list('matchers');
  if (posted === undefined) throw required('matchers');
  if (posted.length === 0) throw tooFew('matchers');
  const matchers = posted.map((value, i) => matcherOf(value, i));
  const startsAt = fields.time('startsAt');
  if (startsAt === undefined) throw required('startsAt');
  const id = fields.text('id') ?? '';
  return {
    id: id === '' ? undefined : id,
    matchers,
    startsAtMs: startsAt.ms,
    endsAtMs: endsAt.ms,
    createdBy,
    comment,
  };
}

function matcherOf(value: unknown, i: number): Matcher {
  const fields = new JsonFields(
    value,
    { name: 'silence', place: `matchers.${i}`, goNameOf: (key) => `Matcher.matchers.${key}` },
    'struct field Silence.matchers of type models.Matcher',
  );
  const isRegex = fields.requiredBoolean('isRegex');
  const name = fields.requiredText('name');
  const pattern = fields.requiredText('value');
  const isEqual = fields.boolean('isEqual') ?? true;
  const op = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
  try {
    return createAlertMatcher(name, op, pattern);
  } catch (error) {
    const reason = goRegexpReason(error, pattern, (text) => text);
    throw new HandlerFault(
      400,
      `invalid silence: invalid label matcher ${i}: invalid regular expression ${quote(pattern)}: ${reason}`,
    );
  }
}
