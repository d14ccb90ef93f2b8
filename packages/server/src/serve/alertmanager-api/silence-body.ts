/** `POST /api/v2/silences`. */
import type { Matcher } from '@vedette/model';
import { createAlertMatcher, type SilenceDraft } from '../../alert/index.ts';
import { HandlerFault, required, tooFew } from './api-answer.ts';
import { JsonFields } from './json-fields.ts';

/** Throws `SchemaFault`, or `HandlerFault` for a matcher that cannot be. */
export function postedSilenceOf(body: unknown): SilenceDraft {
  if (body === undefined) throw required('silence');
  const fields = new JsonFields('silence', body);
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
  const fields = new JsonFields('silence', value, `matchers.${i}`);
  const isRegex = fields.requiredBoolean('isRegex');
  const name = fields.requiredText('name');
  const pattern = fields.requiredText('value');
  const isEqual = fields.boolean('isEqual') ?? true;
  const op = isRegex ? (isEqual ? '=~' : '!~') : isEqual ? '=' : '!=';
  try {
    return createAlertMatcher(name, op, pattern);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new HandlerFault(400, `silence invalid: invalid label matcher ${i}: ${reason}`);
  }
}
