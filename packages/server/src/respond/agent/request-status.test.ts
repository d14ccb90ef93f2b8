import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMatcher } from '@vedette/model';
import { findRequestStatus } from './request-status.ts';

test('the label whose value is a code tells what a failure is', () => {
  const check = (
    labels: Readonly<Record<string, string>>,
    want: string,
    failures: readonly string[],
  ): void => {
    const status = findRequestStatus((name) => labels[name] ?? '');
    assert.equal(status?.label, want);
    const matcher = createMatcher(want, '=~', status?.failure ?? '');
    const all = [
      '200',
      '404',
      '500',
      '503',
      '5xx',
      'OK',
      'NotFound',
      'Internal',
      '13',
      '8',
      'STATUS_CODE_ERROR',
    ];
    assert.deepEqual(
      all.filter((value) => matcher.matches(value)),
      failures,
    );
  };
  const http = ['500', '503', '5xx', 'STATUS_CODE_ERROR'];
  check({ code: '200' }, 'code', http);
  check({ status: 'success', code: '2xx' }, 'code', http);
  check({ http_response_status_code: '404', code: 'x' }, 'http_response_status_code', http);
  check({ status_code: 'STATUS_CODE_UNSET' }, 'status_code', http);
  check({ grpc_code: 'OK' }, 'grpc_code', ['Internal']);
  check({ rpc_grpc_status_code: '0' }, 'rpc_grpc_status_code', ['13']);
});

test('a label whose values are no codes tells nothing', () => {
  for (const value of ['', 'success', 'error', 'OK', '6000', '42', 'x500'])
    assert.equal(
      findRequestStatus((name) => (name === 'status' ? value : '')),
      undefined,
      value,
    );
});
