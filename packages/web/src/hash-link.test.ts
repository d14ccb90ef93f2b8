import { expect, test } from 'vitest';
import { addressOfHashLink } from './hash-link.ts';
import { parseSearch, textOf } from './search.ts';
import { parseMatchers } from './silences/matchers.ts';

const check = (hash: string, want: string | undefined): void => expect(addressOfHashLink(hash)).toBe(want);

/** The search of the page that a link leads to, as the router reads it. */
const searchOf = (hash: string) => parseSearch((addressOfHashLink(hash) ?? '').replace(/^[^?]*/, ''));

test('the links of messages lead to the alerts of their receiver', () => {
  check('#/alerts', '/alerts');
  check('#/alerts?receiver=team', '/alerts?receiver=team');
  // Templates write `urlquery`: a blank is a plus.
  expect(searchOf('#/alerts?receiver=on+call%2Fnight+%26+day')).toEqual({ receiver: 'on call/night & day' });
  expect(searchOf('#/alerts?silenced=false&filter=%7Ba%3D%22b%20c%22%7D')).toEqual({ filter: '{a="b c"}' });
});

test('a filter keeps its quotes, ampersands and plus signs on the way', () => {
  const filter = String.raw`{a="x&y=1+1 #\"\\",b=~"c|d?"}`;
  const hash = `#/silences/new?filter=${encodeURIComponent(filter)}`;
  expect(searchOf(hash)).toEqual({ filter });
  const read = parseMatchers(textOf(searchOf(hash)['filter']) ?? '');
  expect(read.kind === 'matchers' && read.matchers[0]?.value).toBe(String.raw`x&y=1+1 #"\ `.trim());
});

test('silences: the list, a new one, one by id, one to edit', () => {
  check('#/silences', '/alerts?view=silences');
  check('#/silences?filter=%7Ba%3D%22b%22%7D', '/alerts?view=silences&filter=%7Ba%3D%22b%22%7D');
  check('#/silences/new', '/alerts/silences/new');
  check('#/silences/0b1c-22', '/alerts/silences/0b1c-22');
  check('#/silences/edit/0b1c-22', '/alerts/silences/0b1c-22?edit=1');
  check('#/silences/edit', '/alerts?view=silences');
  check('#/silences/..%2f..', '/alerts?view=silences');
});

test('other pages of Alertmanager lead to the overview, and places on a page stay what they are', () => {
  check('#/status', '/');
  check('#/', '/');
  check('#content', undefined);
  check('', undefined);
  check('#', undefined);
});
