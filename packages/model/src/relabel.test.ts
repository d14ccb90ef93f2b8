import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InputError } from './error.ts';
import { labelsOf, labelsToRecord } from './labels.ts';
import { createRelabelRule, relabel, type RelabelOptions } from './relabel.ts';

const check = (
  record: Record<string, string>,
  rules: readonly RelabelOptions[],
  want: Record<string, string> | undefined,
): void => {
  const got = relabel(labelsOf(record), rules.map(createRelabelRule));
  assert.deepEqual(got === undefined ? undefined : labelsToRecord(got), want);
};

const foo = { a: 'foo', b: 'bar', c: 'baz' };

test('replace copies the groups of the match to the target', () => {
  check(foo, [{ sourceLabels: ['a'], regex: 'f(.*)', targetLabel: 'd', replacement: 'ch${1}-ch${1}' }], {
    ...foo,
    d: 'choo-choo',
  });
  check(
    foo,
    [{ sourceLabels: ['a', 'b'], regex: 'f(.*);(.*)r', targetLabel: 'a', replacement: 'b${1}${2}m' }],
    {
      ...foo,
      a: 'boobam',
    },
  );
  check(foo, [{ sourceLabels: ['a'], targetLabel: 'copy' }], { ...foo, copy: 'foo' });
});

test('replace leaves the labels alone when the whole text does not match', () => {
  check(foo, [{ sourceLabels: ['a'], regex: 'o', targetLabel: 'd', replacement: 'x' }], foo);
  check(foo, [{ sourceLabels: ['a'], regex: 'fo', targetLabel: 'd', replacement: 'x' }], foo);
});

test('replace with an empty result removes the target', () => {
  check({ a: 'foo' }, [{ sourceLabels: ['a'], regex: '(f).*', targetLabel: 'a', replacement: '$2' }], {});
  check(foo, [{ targetLabel: 'c', replacement: '' }], { a: 'foo', b: 'bar' });
});

test('replace without source labels sets a constant', () => {
  check({}, [{ targetLabel: 'env', replacement: 'prod' }], { env: 'prod' });
});

test('the target of replace may be built from groups, and does nothing when it comes out empty', () => {
  const rule = { sourceLabels: ['a'], regex: 'some-([^-]+)-([^,]+)', replacement: '${2}' };
  check({ a: 'some-name-value' }, [{ ...rule, targetLabel: '${1}' }], {
    a: 'some-name-value',
    name: 'value',
  });
  check({ a: 'some-name-value' }, [{ ...rule, targetLabel: '${3}' }], { a: 'some-name-value' });
});

test('references read as in Go: longest name, two dollars, a lone dollar stays', () => {
  const expandTo = (replacement: string, want: string): void =>
    check({ a: 'xy' }, [{ sourceLabels: ['a'], regex: '(?P<first>x)(y)', targetLabel: 't', replacement }], {
      a: 'xy',
      ...(want === '' ? {} : { t: want }),
    });
  expandTo('$1', 'x');
  expandTo('$2$1', 'yx');
  expandTo('$1x', '');
  expandTo('${1}x', 'xx');
  expandTo('${first}', 'x');
  expandTo('$first-', 'x-');
  expandTo('$0', 'xy');
  expandTo('$9', '');
  expandTo('$01', '');
  expandTo('${constructor}', '');
  expandTo('$$1', '$1');
  expandTo('a$', 'a$');
  expandTo('$-', '$-');
  expandTo('${1', '${1');
  expandTo("$&$'", "$&$'");
});

test('keep and drop judge the whole text, across lines', () => {
  check(foo, [{ sourceLabels: ['a'], regex: '.*o.*', action: 'drop' }], undefined);
  check(foo, [{ sourceLabels: ['a'], regex: 'f|o', action: 'drop' }], foo);
  check(foo, [{ sourceLabels: ['a'], regex: 'no-match', action: 'keep' }], undefined);
  check(foo, [{ sourceLabels: ['a'], regex: 'f.*', action: 'keep' }], foo);
  check({ a: 'x\ny' }, [{ sourceLabels: ['a'], regex: 'x.y', action: 'keep' }], { a: 'x\ny' });
});

test('the first rule that drops ends the list', () => {
  check(
    foo,
    [
      { sourceLabels: ['a'], regex: 'foo', action: 'drop' },
      { targetLabel: 'd', replacement: 'x' },
    ],
    undefined,
  );
});

test('keepequal and dropequal compare the joined sources with the target', () => {
  const record = { port: '1234', want: '1234', other: '5678' };
  check(record, [{ sourceLabels: ['want'], targetLabel: 'port', action: 'keepequal' }], record);
  check(record, [{ sourceLabels: ['other'], targetLabel: 'port', action: 'keepequal' }], undefined);
  check(record, [{ sourceLabels: ['want'], targetLabel: 'port', action: 'dropequal' }], undefined);
  check(record, [{ sourceLabels: ['other'], targetLabel: 'port', action: 'dropequal' }], record);
});

test('hashmod gives the shard that Prometheus gives', () => {
  check(foo, [{ sourceLabels: ['c'], targetLabel: 'd', action: 'hashmod', modulus: 1000 }], {
    ...foo,
    d: '976',
  });
  check({ a: 'foo\nbar' }, [{ sourceLabels: ['a'], targetLabel: 'b', action: 'hashmod', modulus: 1000 }], {
    a: 'foo\nbar',
    b: '734',
  });
});

test('labelmap copies the labels whose names match', () => {
  check(
    { a: 'foo', b1: 'bar', b2: 'baz' },
    [{ regex: '(b.*)', replacement: 'bar_${1}', action: 'labelmap' }],
    {
      a: 'foo',
      b1: 'bar',
      b2: 'baz',
      bar_b1: 'bar',
      bar_b2: 'baz',
    },
  );
  check({ __meta_x: 'a', __meta_y: 'b' }, [{ regex: '__meta_(.+)', action: 'labelmap' }], {
    __meta_x: 'a',
    __meta_y: 'b',
    x: 'a',
    y: 'b',
  });
});

test('labelmap sees the names as they were before the rule', () => {
  check({ a: '1', aa: '2' }, [{ regex: '(a+)', replacement: 'a$1', action: 'labelmap' }], {
    a: '1',
    aa: '1',
    aaa: '2',
  });
});

test('labeldrop and labelkeep choose by name', () => {
  const record = { a: 'foo', b1: 'bar', b2: 'baz' };
  check(record, [{ regex: 'b.*', action: 'labeldrop' }], { a: 'foo' });
  check(record, [{ regex: 'b.*', action: 'labelkeep' }], { b1: 'bar', b2: 'baz' });
});

test('lowercase and uppercase map letter by letter', () => {
  check({ a: 'BaR123Foo' }, [{ sourceLabels: ['a'], targetLabel: 'l', action: 'lowercase' }], {
    a: 'BaR123Foo',
    l: 'bar123foo',
  });
  check({ a: 'bar ß é' }, [{ sourceLabels: ['a'], targetLabel: 'a', action: 'uppercase' }], { a: 'BAR ß É' });
});

test('a separator may be empty or long', () => {
  check(foo, [{ sourceLabels: ['a', 'b'], separator: '', targetLabel: 'd' }], { ...foo, d: 'foobar' });
  check(foo, [{ sourceLabels: ['a', 'b'], separator: '||', targetLabel: 'd' }], { ...foo, d: 'foo||bar' });
});

test('a rule that cannot work is refused with its reason', () => {
  const refuse = (options: RelabelOptions, want: RegExp): void =>
    assert.throws(
      () => createRelabelRule(options),
      (error: unknown) =>
        error instanceof InputError && error.code === 'VED_CONFIG_INVALID' && want.test(error.message),
    );
  refuse({ action: 'hashmod', targetLabel: 'a' }, /requires non-zero modulus/);
  refuse({ action: 'hashmod', targetLabel: 'a', modulus: 1.5 }, /whole, positive modulus; got 1.5/);
  refuse({}, /replace action requires 'target_label'/);
  refuse({ action: 'lowercase', targetLabel: 'a', replacement: 'x' }, /'replacement' can not be set/);
  refuse({ action: 'keepequal', targetLabel: 'a', regex: 'x' }, /only 'source_labels' and 'target_label'/);
  refuse({ action: 'labeldrop', targetLabel: 'a' }, /only 'regex', and no other fields/);
  refuse({ action: 'labelkeep', sourceLabels: ['a'] }, /only 'regex', and no other fields/);
  refuse({ action: 'labelmap', replacement: '' }, /invalid 'replacement' for labelmap/);
  refuse({ action: 'keep', regex: '(' }, /cannot parse regular expression "\("/);
});

test('a regular expression made to hang JavaScript answers at once', () => {
  check({ a: `${'a'.repeat(40)}!` }, [{ sourceLabels: ['a'], regex: '(a+)+b', action: 'drop' }], {
    a: `${'a'.repeat(40)}!`,
  });
});
