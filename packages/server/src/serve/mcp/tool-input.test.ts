import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { readArguments, toolInputOf } from './tool-input.ts';

const input = z.strictObject({
  match: z.string().describe('Which'),
  limit: z.int().min(1).max(10).default(5).describe('How many'),
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
    '"limits" is no argument; did you mean "limit"? Arguments of this tool: match, limit',
  );
  assert.match(
    refusal({ match: 'up', zzz: 3 }),
    /^"zzz" is no argument\. Arguments of this tool: match, limit$/,
  );
});

test('what is wrong with a value is said with its name', () => {
  assert.match(refusal({ match: 'up', limit: 11 }), /^limit: .*10.*\. Arguments of this tool/);
  assert.match(refusal({}), /^match: /);
  for (const none of [null, [], 'x', 3]) assert.match(refusal(none), /^arguments: /);
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
