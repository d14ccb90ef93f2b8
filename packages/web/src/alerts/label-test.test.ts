import { expect, test } from 'vitest';
import { parseMatchers } from '../silences/matchers.ts';
import { labelTestOf } from './label-test.ts';

async function passes(filter: string, labels: Record<string, string>): Promise<boolean> {
  const read = parseMatchers(filter);
  if (read.kind === 'fault') throw new Error(`cannot read "${filter}"`);
  return (await labelTestOf(read.matchers))(labels);
}

test('labels have to meet every condition', async () => {
  expect(await passes('{job="api", zone!="b"}', { job: 'api', zone: 'a' })).toBe(true);
  expect(await passes('{job="api", zone!="b"}', { job: 'api', zone: 'b' })).toBe(false);
  expect(await passes('', { job: 'api' })).toBe(true);
});

test('an absent label is an empty one', async () => {
  expect(await passes('{zone=""}', {})).toBe(true);
  expect(await passes('{zone!=""}', {})).toBe(false);
  expect(await passes('{zone!~".+"}', {})).toBe(true);
});

test('a pattern matches the whole value', async () => {
  expect(await passes('{job=~"api|web-.*"}', { job: 'web-1' })).toBe(true);
  expect(await passes('{job=~"web"}', { job: 'web-1' })).toBe(false);
});

test('a pattern that is none says so, one that would hang a browser does not', async () => {
  await expect(passes('{job=~"("}', {})).rejects.toThrow(/\(/);
  expect(await passes('{job=~"(a+)+b"}', { job: 'a'.repeat(200) })).toBe(false);
});
