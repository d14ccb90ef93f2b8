import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { readArguments, toolInputOf } from './tool-input.ts';

const input = z.strictObject({
  match: z.string().min(1).describe('Which'),
  limit: z.int().min(1).max(10).default(5).describe('How many'),
  state: z.enum(['firing', 'pending']).optional().describe('Which state'),
});

const refusal = (args: unknown): string => {
  try {
    readArguments({ input }, args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return 'accepted';
};

test('arguments are read with their defaults', () => {
  assert.deepEqual(readArguments({ input }, { match: 'up' }), { match: 'up', limit: 5 });
});

test('an unknown argument is named, with the nearest and all that there are', () => {
  assert.equal(
    refusal({ match: 'up', limits: 3 }),
    '"limits" is no argument; did you mean "limit"? Arguments of this tool: match, limit, state',
  );
  assert.match(
    refusal({ match: 'up', zzz: 3 }),
    /^"zzz" is no argument\. Arguments of this tool: match, limit, state$/,
  );
});

test('what is wrong with a value is said with its name', () => {
  const check = (args: unknown, want: string): void =>
    assert.equal(refusal(args), `${want}. Arguments of this tool: match, limit, state`);
  check({ match: 'up', limit: 11 }, 'limit: must be at most 10');
  check({ match: 'up', limit: 0 }, 'limit: must be at least 1');
  check({ match: 'up', limit: '5' }, 'limit: must be a number, not string');
  check({ match: 'up', limit: 1.5 }, 'limit: must be a whole number');
  check({ match: '' }, 'match: must have at least 1 characters');
  check({ match: 'up', state: 'fireing' }, 'state: must be one of "firing", "pending"');
  check({}, 'match: is missing');
  check({ match: null }, 'match: must be a string, not null');
  for (const [none, kind] of [
    [null, 'null'],
    [[], 'array'],
    ['x', 'string'],
    [3, 'number'],
  ] as const)
    check(none, `arguments: must be an object with names and values, not ${kind}`);
});

test('a very long name of an argument does not come back whole', () => {
  assert.ok(refusal({ match: 'up', ['x'.repeat(100_000)]: 1 }).length < 300);
});

test('the schema is that of the input, strict, made once', () => {
  const { '~standard': standard } = toolInputOf({ input });
  const schema = standard.jsonSchema.input();
  assert.equal(schema['additionalProperties'], false);
  assert.deepEqual(schema['required'], ['match']);
  assert.equal(toolInputOf({ input }), toolInputOf({ input }));
});
