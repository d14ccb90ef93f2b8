import { expect, test } from 'vitest';
import { isWebUrl, linkedRunbookOf, runbookNameOf } from './runbook-name.ts';

test('our own runbooks are known by path and by full address', () => {
  const check = (url: string, want: string | undefined): void =>
    expect(runbookNameOf(url, 'http://localhost:8080')).toBe(want);
  check('/runbooks/TargetDown', 'TargetDown');
  check('runbooks/TargetDown.md', 'TargetDown');
  check('http://localhost:8080/runbooks/Disk-Full.md', 'Disk-Full');
  check('https://runbooks.example.org/runbooks/TargetDown', undefined);
  check('/runbooks/', undefined);
  check('/runbooks/a/../../secret', undefined);
  check('javascript:alert(1)', undefined);
});

test('a file named beside a runbook is a runbook', () => {
  const check = (href: string, want: string | undefined): void => expect(linkedRunbookOf(href)).toBe(want);
  check('TargetDown.md', 'TargetDown');
  check('../db/Disk-Full.md#impact', 'Disk-Full');
  check('https://example.org/TargetDown.md', undefined);
  check('/targets', undefined);
  check('#impact', undefined);
  check('.md', undefined);
});

test('only web addresses become links', () => {
  expect([
    isWebUrl('https://a.org'),
    isWebUrl('HTTP://a.org'),
    isWebUrl('javascript:x'),
    isWebUrl('/x'),
  ]).toEqual([true, true, false, false]);
});
