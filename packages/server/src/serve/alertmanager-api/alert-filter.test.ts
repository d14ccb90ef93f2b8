import assert from 'node:assert/strict';
import { test } from 'node:test';
import { labelsOf, NO_LABELS } from '@vedette/model';
import type { Alert } from '../../alert/index.ts';
import { alertFilterOf, flagOf, matchersOf, receiversIn } from './alert-filter.ts';

const RECEIVERS = [
  { name: 'ops', labels: { name: 'ops', team: 'a' } },
  { name: 'web', labels: { name: 'web' } },
];
const ALERT: Alert = {
  fingerprint: 'f',
  labels: labelsOf({ alertname: 'A', job: 'api' }),
  annotations: NO_LABELS,
  startsAt: { ms: 0, text: '' },
  endsAt: { ms: 100, text: '' },
  isEndAssumed: false,
  updatedAt: { ms: 0, text: '' },
  generatorUrl: '',
};
const FREE = { inhibitedBy: [], silencedBy: [] };

const filterOf = (query: string, nowMs = 50) =>
  alertFilterOf(new URLSearchParams(query), { nowMs, receivers: RECEIVERS });
const accepts = (query: string, mutes: { inhibitedBy: string[]; silencedBy: string[] } = FREE): boolean =>
  filterOf(query).acceptsAlert(ALERT, mutes);

test('a condition on a label that is not there sees the empty value', () => {
  const check = (filter: string, want: boolean): void =>
    assert.equal(accepts(`filter=${encodeURIComponent(filter)}`), want, filter);
  check('job="api"', true);
  check('job="db"', false);
  check('job!="db"', true);
  check('nope=""', true);
  check('nope!=""', false);
  check('job=""', false);
  check('job!=""', true);
  check('nope=~".*"', true);
  check('nope=~".+"', false);
  check('nope!~".+"', true);
  check('nope!="x"', true);
});

test('muted alerts are left out by the flag of their cause, others by `active`', () => {
  const silenced = { inhibitedBy: [], silencedBy: ['s'] };
  assert.equal(accepts('silenced=false', silenced), false);
  assert.equal(accepts('inhibited=false', silenced), true);
  assert.equal(accepts('active=false', silenced), true);
  assert.equal(accepts('active=false'), false);
  assert.equal(accepts('inhibited=0', { inhibitedBy: ['i'], silencedBy: [] }), false);
});

test('an alert that is over is not listed', () => {
  assert.equal(filterOf('', 100).acceptsAlert(ALERT, FREE), true);
  assert.equal(filterOf('', 101).acceptsAlert(ALERT, FREE), false);
});

test('a flag is set unless its last value says otherwise', () => {
  const check = (query: string, want: boolean): void =>
    assert.equal(flagOf(new URLSearchParams(query), 'x'), want, query);
  for (const text of ['', 'x=', 'x=true', 'x=1', 'x=YES', 'x=on', 'x=t', 'x=false&x=ok', 'y=false'])
    check(text, true);
  for (const text of ['x=false', 'x=0', 'x=maybe', 'x=true&x=no', 'x=null']) check(text, false);
});

test('receivers are chosen by name and by their labels', () => {
  const check = (query: string, want: string[]): void => {
    const filter = filterOf(query);
    assert.deepEqual(
      RECEIVERS.map(({ name }) => name).filter((name) => filter.acceptsReceiver(name)),
      want,
      query,
    );
  };
  check('', ['ops', 'web']);
  check('receiver=op', []);
  check('receiver=op.*', ['ops']);
  check('receiver_matchers=team%3D%22a%22', ['ops']);
  check('receiver_matchers=team%3D%22%22', ['web']);
  check('receiver_matchers=name%3D~%22.*%22&receiver_matchers=team!%3D%22a%22', ['web']);
  check('receiver=web&receiver_matchers=team%3D%22a%22', []);
  const query = new URLSearchParams('receiver_matchers=name%3D%22web%22');
  assert.deepEqual(
    receiversIn(query, RECEIVERS).map(({ name }) => name),
    ['web'],
  );
  assert.equal(receiversIn(new URLSearchParams(), RECEIVERS), RECEIVERS);
});

test('faults are told as Alertmanager tells them', () => {
  const check = (query: string, message: string): void =>
    assert.throws(() => filterOf(query), { name: 'HandlerFault', status: 400, message });
  check('filter=x~', 'bad matcher format: x~');
  check('filter=x%3D~%22(%22', 'error parsing regexp: missing closing ): `^(?:()$`');
  check('receiver=(', 'failed to parse receiver param: error parsing regexp: missing closing ): `^(?:()$`');
  check('receiver_matchers=x~', 'bad matcher format: x~');
  assert.throws(() => matchersOf(new URLSearchParams('filter='), 'filter'), /bad matcher format: /);
});
