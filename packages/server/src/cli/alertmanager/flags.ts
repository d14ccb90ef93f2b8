/**
 * Alertmanager's flags, as its own command line takes them: `--flag=value`, `--flag value`, `--no-flag` for switches,
 * and one dash in place of two, as people remember from old versions. What means nothing in one process is taken and
 * not used; what would promise something that is not kept is refused by name.
 */
import { parseGoDurationMs } from '../../alert/config/go-duration.ts';
import type { AlertPipelineLimits } from '../../alert/index.ts';
import type { MatcherMode } from '../../alert/matchers/parse.ts';
import type { LogOptions } from '../../telemetry/create-log.ts';
import { assertNoArguments, parseOptions, UsageError } from '../command.ts';

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;

const OPTIONS = {
  'config.file': text,
  'storage.path': text,
  'data.retention': text,
  'data.maintenance-interval': text,
  'silences.max-silences': text,
  'silences.max-silence-size-bytes': text,
  'alerts.gc-interval': text,
  'alerts.per-alertname-limit': text,
  'dispatch.maintenance-interval': text,
  'dispatch.start-delay': text,
  'web.listen-address': texts,
  'web.external-url': text,
  'web.route-prefix': text,
  'web.config.file': text,
  'web.token-file': text,
  'web.allow-open': flag,
  'web.get-concurrency': text,
  'web.timeout': text,
  'web.systemd-socket': flag,
  'web.ui-path': text,
  'enable-feature': texts,
  'auto-gomemlimit.ratio': text,
  'log.level': text,
  'log.format': text,
  'log.silences': flag,
  'cluster.listen-address': text,
  'cluster.advertise-address': text,
  'cluster.peer': texts,
  'cluster.peer-timeout': text,
  'cluster.peers-resolve-timeout': text,
  'cluster.gossip-interval': text,
  'cluster.pushpull-interval': text,
  'cluster.tcp-timeout': text,
  'cluster.probe-timeout': text,
  'cluster.probe-interval': text,
  'cluster.settle-timeout': text,
  'cluster.reconnect-interval': text,
  'cluster.reconnect-timeout': text,
  'cluster.tls-config': text,
  'cluster.label': text,
  'cluster.name': text,
  'cluster.allow-insecure-public-advertise-address-discovery': flag,
} as const;

/** True: it does something here. */
const FEATURES: Readonly<Record<string, boolean>> = {
  'classic-mode': true,
  'utf8-strict-mode': true,
  'receiver-name-in-metrics': false,
  'alert-names-in-metrics': false,
  'auto-gomemlimit': false,
  'auto-gomaxprocs': false,
};

export interface AlertmanagerFlags {
  readonly configFile: string;
  readonly storagePath: string;
  /** At least one. */
  readonly listen: readonly string[];
  /** Without a slash at the end. */
  readonly externalUrl: string | undefined;
  /** Without a slash at the end. */
  readonly routePrefix: string;
  readonly webConfigFile: string;
  readonly tokenFile: string | undefined;
  readonly isOpen: boolean;
  readonly getConcurrency: number;
  /** 0 is none. */
  readonly timeoutMs: number;
  readonly mode: MatcherMode;
  /** Features that were asked for and do nothing here. */
  readonly idleFeatures: readonly string[];
  readonly log: LogOptions;
  readonly logsSilences: boolean;
  /** Empty when none was asked for: status then says that there is no cluster. */
  readonly clusterAddress: string;
  readonly hasPeers: boolean;
  readonly limits: Partial<AlertPipelineLimits>;
}

/** As Alertmanager, for a machine where eight questions at a time are many. */
const GET_CONCURRENCY_DEFAULT = 8;

/** Throws `UsageError`. */
export function parseAlertmanagerFlags(args: readonly string[]): AlertmanagerFlags {
  const { values, positionals } = parseOptions(args.flatMap(plainFlag), OPTIONS);
  assertNoArguments(positionals);
  if (values['web.systemd-socket'] === true)
    throw new UsageError('cannot use --web.systemd-socket: sockets are not taken over; name an address');
  const externalUrl = values['web.external-url'] || undefined;
  const concurrency = wholeOf('web.get-concurrency', values['web.get-concurrency'] ?? '0');
  return {
    configFile: values['config.file'] ?? 'alertmanager.yml',
    storagePath: values['storage.path'] ?? 'data/',
    listen: (values['web.listen-address'] ?? ['127.0.0.1:9093']).map(addressOf),
    externalUrl: externalUrl === undefined ? undefined : urlOf(externalUrl),
    routePrefix: prefixOf(values['web.route-prefix'] || new URL(externalUrl ?? 'http://x/').pathname),
    webConfigFile: values['web.config.file'] ?? '',
    tokenFile: values['web.token-file'],
    isOpen: values['web.allow-open'] ?? false,
    getConcurrency: concurrency > 0 ? concurrency : GET_CONCURRENCY_DEFAULT,
    timeoutMs: durationOf('web.timeout', values['web.timeout'] ?? '0s'),
    ...featuresOf(values['enable-feature'] ?? []),
    log: {
      level: levelOf(values['log.level'] ?? 'info'),
      format: formatOf(values['log.format'] ?? 'logfmt'),
    },
    logsSilences: values['log.silences'] ?? false,
    clusterAddress: values['cluster.listen-address'] ?? '',
    hasPeers: (values['cluster.peer'] ?? []).length > 0,
    limits: limitsOf(values),
  };
}

type Values = { readonly [name in keyof typeof OPTIONS]?: string | boolean | readonly string[] | undefined };

function limitsOf(values: Values): Partial<AlertPipelineLimits> {
  const ms = (name: keyof Values): number | undefined =>
    given(values[name], (value) => durationOf(name, value));
  const whole = (name: keyof Values): number | undefined =>
    given(values[name], (value) => wholeOf(name, value));
  const limits = {
    retentionMs: ms('data.retention'),
    entryLifeMsMin: ms('data.maintenance-interval'),
    resolvedLifeMs: ms('alerts.gc-interval'),
    alertsPerNameMax: whole('alerts.per-alertname-limit'),
    maintenanceIntervalMs: ms('dispatch.maintenance-interval'),
    startDelayMs: ms('dispatch.start-delay'),
    silencesMax: whole('silences.max-silences'),
    silenceBytesMax: whole('silences.max-silence-size-bytes'),
  };
  if (limits.maintenanceIntervalMs === 0)
    throw new UsageError('--dispatch.maintenance-interval must be above 0; got "0s"');
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit !== undefined));
}

function given<T>(value: Values[keyof Values], parse: (value: string) => T): T | undefined {
  return typeof value === 'string' ? parse(value) : undefined;
}

/** `-config.file` for `--config.file`; `--no-log.silences` for nothing: no switch is on by itself. */
function plainFlag(arg: string): readonly string[] {
  const off = /^--?no-(.+)$/.exec(arg)?.[1];
  if (off !== undefined && isSwitch(off)) return [];
  return [/^-[a-z]/.test(arg) ? `-${arg}` : arg];
}

function isSwitch(name: string): boolean {
  return Object.entries(OPTIONS).some(([known, { type }]) => known === name && type === 'boolean');
}

/** `:9093` is all interfaces. */
function addressOf(address: string): string {
  if (!/^(?:\[[0-9a-fA-F:.]+\]|[^:[\]\s]*):\d{1,5}$/.test(address))
    throw new UsageError(`--web.listen-address must be HOST:PORT or :PORT; got ${JSON.stringify(address)}`);
  return address;
}

function urlOf(url: string): string {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new UsageError(
      `--web.external-url must begin with http:// or https://; got ${JSON.stringify(url)}`,
    );
  return url.replace(/\/+$/, '');
}

function prefixOf(path: string): string {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `/${trimmed}`;
}

function durationOf(name: string, value: string): number {
  const ms = parseGoDurationMs(value);
  if (ms === undefined)
    throw new UsageError(`--${name} must be a duration such as 120h or 1m30s; got ${JSON.stringify(value)}`);
  return Math.max(0, ms);
}

/** Negative is 0: no limit. */
function wholeOf(name: string, value: string): number {
  if (!/^-?\d{1,15}$/.test(value))
    throw new UsageError(`--${name} must be a whole number; got ${JSON.stringify(value)}`);
  return Math.max(0, Number(value));
}

function levelOf(value: string): LogOptions['level'] {
  if (value === 'debug' || value === 'info' || value === 'warn' || value === 'error') return value;
  throw new UsageError(`--log.level must be debug, info, warn or error; got ${JSON.stringify(value)}`);
}

function formatOf(value: string): LogOptions['format'] {
  if (value === 'logfmt' || value === 'json') return value;
  throw new UsageError(`--log.format must be logfmt or json; got ${JSON.stringify(value)}`);
}

function featuresOf(lists: readonly string[]): Pick<AlertmanagerFlags, 'mode' | 'idleFeatures'> {
  const names = new Set(lists.flatMap((list) => list.split(',').map((name) => name.trim())));
  names.delete('');
  for (const name of names)
    if (FEATURES[name] === undefined)
      throw new UsageError(
        `unknown option ${JSON.stringify(name)} for --enable-feature; known are ${Object.keys(FEATURES).join(', ')}`,
      );
  const isClassic = names.has('classic-mode');
  const isStrict = names.has('utf8-strict-mode');
  if (isClassic && isStrict)
    throw new UsageError('--enable-feature: classic-mode and utf8-strict-mode exclude each other');
  return {
    mode: isClassic ? 'classic' : isStrict ? 'utf8-strict' : 'fallback',
    idleFeatures: [...names].filter((name) => FEATURES[name] === false),
  };
}
