import { expect, test } from 'vitest';
import type { Silence } from '../api/alertmanager.ts';
import { draftOf, EMPTY_ROW, isReplacement, matchersOf, newDraft, orderOf } from './silence-draft.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 10);
const HOUR_MS = 3_600_000;
const known: Silence = {
  id: 'id-1',
  state: 'active',
  matchers: [
    { name: 'alertname', op: '=', value: 'Down' },
    { name: 'job', op: '=~', value: 'a|b' },
  ],
  startsAtMs: NOW_MS - HOUR_MS + 250,
  endsAtMs: NOW_MS + HOUR_MS,
  createdBy: 'me',
  comment: 'disk swap',
};

test('a link fills in the conditions, and a faulty one is left to be mended as text', () => {
  expect(matchersOf(newDraft({ filter: '{alertname="X",instance="y"}' }))?.length).toBe(2);
  const faulty = newDraft({ filter: '{alertname="X' });
  expect(faulty.matchers).toEqual({ kind: 'text', text: '{alertname="X' });
  expect(matchersOf(faulty)).toBeUndefined();
  expect(newDraft().matchers).toEqual({ kind: 'rows', rows: [EMPTY_ROW] });
});

test('empty rows do not count, and a value without a name is not whole', () => {
  const rows = (...all: object[]) => ({
    ...newDraft(),
    matchers: { kind: 'rows' as const, rows: all.map((row) => ({ ...EMPTY_ROW, ...row })) },
  });
  expect(matchersOf(rows({ name: ' a ', value: ' x ' }, {}))).toEqual([{ name: 'a', op: '=', value: ' x ' }]);
  expect(matchersOf(rows({ name: 'a' }))).toEqual([{ name: 'a', op: '=', value: '' }]);
  expect(matchersOf(rows({ name: 'a', value: 'x' }, { value: 'y' }))).toBeUndefined();
  expect(matchersOf(rows({}))).toBeUndefined();
});

test('nothing is sent before author and comment are there', () => {
  const draft = { ...newDraft({ filter: 'a=b' }), createdBy: ' me ', comment: ' why ' };
  expect(orderOf(draft, NOW_MS)).toEqual({
    id: undefined,
    matchers: [{ name: 'a', op: '=', value: 'b' }],
    startsAtMs: NOW_MS,
    endsAtMs: NOW_MS + 2 * HOUR_MS,
    createdBy: 'me',
    comment: 'why',
  });
  expect(orderOf({ ...draft, comment: ' ' }, NOW_MS)).toBeUndefined();
  expect(orderOf({ ...draft, createdBy: '' }, NOW_MS)).toBeUndefined();
  expect(orderOf({ ...draft, span: { start: '', end: { kind: 'for', text: '' } } }, NOW_MS)).toBeUndefined();
});

test('a change keeps the id and, of an active silence, the beginning to the millisecond', () => {
  const order = orderOf({ ...draftOf(known), comment: 'still' }, NOW_MS, known);
  expect([order?.id, order?.startsAtMs, order?.endsAtMs]).toEqual(['id-1', known.startsAtMs, known.endsAtMs]);
});

test('other conditions make another silence; their order does not', () => {
  const draft = draftOf(known);
  expect(isReplacement(draft, known)).toBe(false);
  const text = (text: string) => ({ ...draft, matchers: { kind: 'text' as const, text } });
  expect(isReplacement(text('job=~"a|b",alertname="Down"'), known)).toBe(false);
  expect(isReplacement(text('alertname="Down"'), known)).toBe(true);
  expect(isReplacement(text('alertname="Down'), known)).toBe(false);
});
