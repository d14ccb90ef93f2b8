import { expect, test } from 'vitest';
import { isWebUrl, runbookNameOf } from './runbook-name.ts';

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

test('only web addresses become links', () => {
  expect([
    isWebUrl('https://a.org'),
    isWebUrl('HTTP://a.org'),
    isWebUrl('javascript:x'),
    isWebUrl('/x'),
  ]).toEqual([true, true, false, false]);
});
