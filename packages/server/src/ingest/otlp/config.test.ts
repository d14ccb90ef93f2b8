import assert from 'node:assert/strict';
import { test } from 'node:test';
import { otlpConfig } from './config.ts';

const faultOf = (section: object): string =>
  otlpConfig
    .safeParse(section)
    .error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join() ?? '';

test('the section may be left out, and has the defaults of Prometheus', () => {
  assert.deepEqual(otlpConfig.parse(undefined), {
    translation_strategy: 'UnderscoreEscapingWithSuffixes',
    promote_resource_attributes: [],
    promote_all_resource_attributes: false,
    ignore_resource_attributes: [],
    keep_identifying_resource_attributes: false,
    convert_histograms_to_nhcb: false,
    promote_scope_metadata: false,
    label_name_underscore_sanitization: true,
    label_name_preserve_multiple_underscores: true,
  });
});

test('what contradicts itself is refused as in Prometheus', () => {
  const check = (section: object, want: string): void => assert.equal(faultOf(section), want);
  check(
    { promote_all_resource_attributes: true, promote_resource_attributes: ['a'] },
    'promote_resource_attributes: must not stand beside promote_all_resource_attributes: true; keep one of the two',
  );
  check(
    { ignore_resource_attributes: ['a'] },
    'ignore_resource_attributes: needs promote_all_resource_attributes: true',
  );
  check(
    { promote_resource_attributes: ['a', 'a'] },
    'promote_resource_attributes: must not name an attribute twice',
  );
  check(
    { promote_resource_attributes: [' '] },
    'promote_resource_attributes.0: must not be an empty attribute name',
  );
  check({ promote_all_resource_attributes: true, ignore_resource_attributes: ['a'] }, '');
  assert.match(faultOf({ translation_strategy: 'Loud' }), /^translation_strategy: /);
});
