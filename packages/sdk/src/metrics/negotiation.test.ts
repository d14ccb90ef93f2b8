import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pageFormatOf, type PageFormat } from './negotiation.ts';

const check = (accept: string | undefined, want: PageFormat): void =>
  assert.equal(pageFormatOf(accept), want, `${accept?.slice(0, 100)}`);

const PROTOBUF = 'application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited';

test('the best quality wins, of equal ones the first', () => {
  check('text/plain;q=0.3,application/openmetrics-text;q=0.5', 'openmetrics');
  check('application/openmetrics-text;q=0.3,text/plain;q=0.5', 'prometheus');
  check('application/openmetrics-text,text/plain', 'openmetrics');
  check('text/plain,application/openmetrics-text', 'prometheus');
  check('application/openmetrics-text;q=0.5,*/*', 'prometheus');
  check('application/openmetrics-text;q=0.5,*/*;q=0.1', 'openmetrics');
});

test('what real scrapers send is answered as they like it', () => {
  // Prometheus 2.42, without and with native histograms; 3.x names escaping as well.
  const text =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  check(text, 'openmetrics');
  check(`${PROTOBUF},${text.replace('1.0.0', '1.0.0;q=0.8')}`, 'protobuf');
  check(
    'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.4',
    'openmetrics',
  );
  check('text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', 'prometheus');
});

test('protobuf is for those who name its message, delimited', () => {
  check(PROTOBUF, 'protobuf');
  check(PROTOBUF.replace('delimited', '"delimited"'), 'protobuf');
  check('application/vnd.google.protobuf', 'prometheus');
  check(PROTOBUF.replace('MetricFamily', 'Other'), 'prometheus');
  check(PROTOBUF.replace('delimited', 'text'), 'prometheus');
});

test('nothing, nonsense and too much of it get the plain text', () => {
  for (const accept of [undefined, '', ',', ';;;', 'text', 'image/png', 'application/openmetrics-text;q=2'])
    check(accept, 'prometheus');
  check('application/openmetrics-text;q=NaN', 'prometheus');
  check(`${'a/b,'.repeat(100_000)}application/openmetrics-text`, 'prometheus');
});
