import { expect, test } from 'vitest';
import { endOf, faultsOf, type BanDraft } from './ban-draft.ts';

const DRAFT: BanDraft = { scope: 'user', subject: 'u1', kind: 'refuse', span: '90m', isForever: false };

test('a ban ends so long after it was confirmed', () => {
  expect(faultsOf(DRAFT)).toEqual([]);
  expect(endOf(DRAFT, 1000)).toBe(1000 + 90 * 60_000);
});

test('a ban for ever has no end, whatever length stands there', () => {
  const forever = { ...DRAFT, span: 'nonsense', isForever: true };
  expect(faultsOf(forever)).toEqual([]);
  expect(endOf(forever, 1000)).toBeNull();
});

test('what is missing is named', () => {
  expect(faultsOf({ ...DRAFT, subject: '', span: '30s' })).toEqual(['subject', 'span']);
  expect(endOf({ ...DRAFT, span: '' }, 1000)).toBeUndefined();
});

test('a blank is an id: the application may have one', () => {
  expect(faultsOf({ ...DRAFT, subject: ' ' })).toEqual([]);
});
