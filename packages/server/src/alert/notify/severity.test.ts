import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf } from '@vedette/model';
import { exampleAlert } from './receiver.contract.ts';
import { findSeverity, findWorstSeverity } from './severity.ts';

test('the four words are known in any case, other words are not', () => {
  assert.equal(findSeverity(' Critical\n'), 'critical');
  assert.equal(findSeverity('INFO'), 'info');
  assert.equal(findSeverity('page'), undefined);
  assert.equal(findSeverity(''), undefined);
});

test('the worst word of several alerts decides, whatever their order', () => {
  const check = (words: readonly string[], want: string | undefined): void => {
    const alerts = words.map((severity) => ({ ...exampleAlert('A'), labels: labelsOf({ severity }) }));
    assert.equal(findWorstSeverity(alerts), want, words.join());
    assert.equal(findWorstSeverity(alerts.toReversed()), want, words.join());
  };
  check(['info', 'critical', 'warning'], 'critical');
  check(['warning', 'error', 'none'], 'error');
  check(['none', 'page'], undefined);
  check([], undefined);
});
