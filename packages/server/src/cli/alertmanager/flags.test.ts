import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../command.ts';
import { parseAlertmanagerFlags, type AlertmanagerFlags } from './flags.ts';

const HOUR_MS = 3_600_000;

function check<K extends keyof AlertmanagerFlags>(args: string, name: K, want: AlertmanagerFlags[K]): void {
  assert.deepEqual(parseAlertmanagerFlags(args.split(' ').filter(Boolean))[name], want, args);
}

const checkRefused = (args: string, want: RegExp): void => {
  assert.throws(
    () => parseAlertmanagerFlags(args.split(' ')),
    (error: unknown) => error instanceof UsageError && want.test(error.message),
    args,
  );
};

test('without a flag everything is as upstream has it, on loopback alone', () => {
  const flags = parseAlertmanagerFlags([]);
  assert.equal(flags.configFile, 'alertmanager.yml');
  assert.equal(flags.storagePath, 'data/');
  assert.deepEqual(flags.listen, ['127.0.0.1:9093']);
  assert.deepEqual(flags.limits, {});
  assert.deepEqual(flags.log, { level: 'info', format: 'logfmt' });
  assert.deepEqual([flags.mode, flags.routePrefix, flags.externalUrl], ['fallback', '', undefined]);
  assert.deepEqual([flags.getConcurrency, flags.timeoutMs, flags.clusterAddress], [8, 0, '']);
});

test('values come after an equals sign or a space, one dash does for two, and switches can be turned off', () => {
  check('--config.file=a.yml', 'configFile', 'a.yml');
  check('-config.file a.yml', 'configFile', 'a.yml');
  check('--log.silences', 'logsSilences', true);
  check('--no-log.silences', 'logsSilences', false);
  check('--web.listen-address=:1 --web.listen-address=[::1]:2', 'listen', [':1', '[::1]:2']);
});

test('limits and spans are those of the flags, a negative limit is none', () => {
  check('--data.retention=1h30m --data.maintenance-interval=1m', 'limits', {
    retentionMs: 1.5 * HOUR_MS,
    entryLifeMsMin: 60_000,
  });
  check(
    '--silences.max-silences=3 --silences.max-silence-size-bytes=-1 --alerts.per-alertname-limit=7',
    'limits',
    { silencesMax: 3, silenceBytesMax: 0, alertsPerNameMax: 7 },
  );
  check('--alerts.gc-interval=30m --dispatch.maintenance-interval=10s --dispatch.start-delay=1m', 'limits', {
    resolvedLifeMs: HOUR_MS / 2,
    maintenanceIntervalMs: 10_000,
    startDelayMs: 60_000,
  });
  check('--web.get-concurrency=2 --web.timeout=5s', 'getConcurrency', 2);
  check('--web.get-concurrency=-1', 'getConcurrency', 8);
  check('--web.timeout=5s', 'timeoutMs', 5000);
});

test('the prefix is that of the external URL unless another is given', () => {
  check('--web.external-url=https://x.example/am/', 'externalUrl', 'https://x.example/am');
  check('--web.external-url=https://x.example/am/', 'routePrefix', '/am');
  check('--web.external-url=https://x.example/am --web.route-prefix=/', 'routePrefix', '');
  check('--web.route-prefix=a/b/', 'routePrefix', '/a/b');
});

test('features choose how matchers are read; those that do nothing here are told', () => {
  check('--enable-feature=classic-mode', 'mode', 'classic');
  check('--enable-feature=auto-gomemlimit,utf8-strict-mode', 'mode', 'utf8-strict');
  check('--enable-feature=auto-gomemlimit,utf8-strict-mode', 'idleFeatures', ['auto-gomemlimit']);
  check('--enable-feature=', 'mode', 'fallback');
});

test('flags of a cluster are taken', () => {
  const names = ['peer-timeout=15s', 'gossip-interval=1s', 'tls-config=x', 'label=l', 'reconnect-timeout=6h'];
  check(names.map((name) => `--cluster.${name}`).join(' '), 'hasPeers', false);
  check('--cluster.peer=a:1 --cluster.peer=b:1', 'hasPeers', true);
  check('--cluster.listen-address=0.0.0.0:9094', 'clusterAddress', '0.0.0.0:9094');
  check('--cluster.listen-address=', 'clusterAddress', '');
});

test('what cannot be meant is refused with its name', () => {
  checkRefused(
    '--data.retention=5d',
    /^--data\.retention must be a duration such as 120h or 1m30s; got "5d"$/,
  );
  checkRefused('--dispatch.maintenance-interval=0s', /must be above 0/);
  checkRefused('--silences.max-silences=many', /must be a whole number; got "many"/);
  checkRefused('--log.level=trace', /--log\.level must be debug, info, warn or error/);
  checkRefused('--log.format=xml', /--log\.format must be logfmt or json/);
  checkRefused('--web.listen-address=here', /must be HOST:PORT or :PORT; got "here"/);
  checkRefused('--web.external-url=ftp://x', /must begin with http:\/\/ or https:\/\//);
  checkRefused(
    '--enable-feature=time-travel',
    /unknown option "time-travel" for --enable-feature; known are/,
  );
  checkRefused('--enable-feature=classic-mode,utf8-strict-mode', /exclude each other/);
  checkRefused('--web.systemd-socket', /--web\.systemd-socket/);
  checkRefused('--config.fiel=x', /unknown option "--config\.fiel"; did you mean "--config\.file"/);
  checkRefused('alertmanager.yml', /unexpected argument/);
});
