import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatOfContentType } from './content-type.ts';

test('the media type names the format, in any case and with any parameters', () => {
  const check = (contentType: string, want: string): void =>
    assert.equal(formatOfContentType(contentType, undefined), want);
  check('text/plain', 'text');
  check('text/plain; version=0.0.4; charset=utf-8', 'text');
  check('Text/Plain;version="1.0.0"; escaping=allow-utf-8', 'text');
  check('application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics');
  check('application/openmetrics-text;', 'openmetrics');
  check(
    'application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited',
    'protobuf',
  );
});

test('without a valid Content-Type the job needs a fallback', () => {
  const check = (contentType: string, want: RegExp): void => {
    assert.throws(() => formatOfContentType(contentType, undefined), want);
    assert.equal(formatOfContentType(contentType, 'openmetrics'), 'openmetrics');
  };
  check('', /non-compliant scrape target sending blank Content-Type and no fallback_scrape_protocol/);
  check('text', /cannot parse Content-Type "text"/);
  check('text/plain; version', /cannot parse Content-Type/);
  check('text/html; charset=utf-8', /received unsupported Content-Type "text\/html; charset=utf-8"/);
  check('application/json', /received unsupported Content-Type/);
});
