import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UnavailableError } from '@vedette/model';
import { apiErrorAnswer, apiErrorOf } from './api-error.ts';

function retryAfterOf(error: unknown): string | undefined {
  const fault = apiErrorOf(error);
  assert.ok(fault !== undefined);
  const { status, headers } = apiErrorAnswer(fault);
  assert.equal(status, 503);
  return headers?.['retry-after'];
}

test('a query that finds no place is told when to come again, a full disk promises nothing', () => {
  assert.equal(retryAfterOf(new UnavailableError('VED_QUERY_BUSY', 'cannot start query')), '1');
  assert.equal(retryAfterOf(new UnavailableError('VED_STORAGE_FULL', 'cannot append')), undefined);
});
