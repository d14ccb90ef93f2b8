/**
 * `vedette guard backtest`: whom the policies of a file would have refused. For pipelines: 1 when that is somebody whom
 * the policies in force let pass, so that a stricter file stops there and a milder one goes through.
 */
import * as path from 'node:path';
import { guardBacktest, type GuardBacktestJson } from '@vedette/api';
import { formatDurationMs, InputError, parseDurationMs } from '@vedette/model';
import { z } from 'zod';
import { ConfigError } from '../../config/fault.ts';
import { readText } from '../../config/load.ts';
import { validate } from '../../config/validate.ts';
import { parseYamlSource, type YamlSource } from '../../config/yaml-source.ts';
import { policyConfigs } from '../../detect/behaviour/config.ts';
import { printable } from '../../lib/printable.ts';
import { tableText, timeText } from '../alert/output.ts';
import { EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';
import { RefusedError, type ServerClient } from '../server-client.ts';
import { GUARD_OPTIONS, GUARD_PATH, openGuardClient } from './guard-client.ts';

// Longer than the server's own limit (BACKTEST_MS_MAX), so that its words arrive and not ours.
const TIMEOUT_MS = 270_000;

export async function backtestPolicies(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    ...GUARD_OPTIONS,
    last: { type: 'string' },
    from: { type: 'string' },
    to: { type: 'string' },
    limit: { type: 'string' },
  });
  const [file, extra] = positionals;
  if (file === undefined || extra !== undefined)
    throw new UsageError('want one file: a list of policies, or a vedette.yml');
  const limit = limitOf(values.limit);
  const range = rangeOf(values);
  const policies = await loadPolicies(file, io);
  const client = await openGuardClient(values, io);
  const body = { policies, range, ...(limit === undefined ? {} : { limit }) };
  const report = await askFor(client, body, io);
  if (typeof report === 'number') return report;
  io.out(values.json === true ? `${JSON.stringify(report)}\n` : textOf(report));
  return isStricter(report) ? EXIT.checkFailed : EXIT.ok;
}

/** The exit code instead when there is no report: 1 is a finding, and must not be a server that is busy. */
async function askFor(
  client: ServerClient,
  body: unknown,
  io: Pick<CliIo, 'err'>,
): Promise<GuardBacktestJson | number> {
  const request = { method: 'POST', path: `${GUARD_PATH}/backtest`, body, timeoutMs: TIMEOUT_MS } as const;
  try {
    return await client.ask('cannot backtest the policies', guardBacktest, request);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    io.err(`${error.message}\n`);
    return error.status === 400 ? EXIT.usage : EXIT.unreachable;
  }
}

function isStricter({ difference, candidate, inForce }: GuardBacktestJson): boolean {
  const stopped = new Set(inForce.trips.map(({ policy }) => policy));
  return difference.addedCount > 0 || candidate.trips.some(({ policy }) => !stopped.has(policy));
}

interface RangeOptions {
  readonly last?: string | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

function rangeOf({ last, from, to }: RangeOptions): { lastMs: number } | { fromMs: number; toMs: number } {
  if (from === undefined && to === undefined) {
    const lastMs = parseDurationMs(last ?? '7d');
    if (lastMs !== undefined && lastMs > 0) return { lastMs };
    throw new UsageError(`--last must be a duration such as 7d or 12h; got "${last}"`);
  }
  if (last !== undefined) throw new UsageError('want --last, or --from with --to');
  if (from === undefined || to === undefined) throw new UsageError('--from and --to go together');
  const range = { fromMs: timeOf('--from', from), toMs: timeOf('--to', to) };
  if (range.fromMs < range.toMs) return range;
  throw new UsageError(`--from must be before --to; got "${from}" and "${to}"`);
}

function timeOf(option: string, text: string): number {
  const ms = /^\d+(\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : Date.parse(text);
  if (Number.isNaN(ms)) throw new UsageError(`${option} must be RFC 3339 or Unix seconds; got "${text}"`);
  return ms;
}

function limitOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= 1000) return Number(text);
  throw new UsageError(`--limit must be from 1 to 1000; got "${text}"`);
}

const wholeFile = z.looseObject({ guard: z.looseObject({ policies: policyConfigs }) });

/** As they are written, checked: the server reads them by the same schema. Variables are not replaced. */
async function loadPolicies(file: string, { workingDirectory }: CliIo): Promise<readonly unknown[]> {
  const text = await readText(path.resolve(workingDirectory, file)).catch((error: unknown): never => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError('VED_CONFIG_INVALID', `cannot read "${file}": ${reason}; name a list of policies`, {
      cause: error,
    });
  });
  const source = parseYamlSource(file, text);
  const { faults } = validate<unknown>(source, Array.isArray(source.value) ? policyConfigs : wholeFile);
  if (faults.length > 0) throw new ConfigError(faults, () => text);
  return policiesIn(source);
}

function policiesIn({ value }: YamlSource): readonly unknown[] {
  if (Array.isArray(value)) return value as readonly unknown[];
  const whole = z.looseObject({ guard: z.looseObject({ policies: z.array(z.unknown()).default([]) }) });
  return whole.parse(value).guard.policies;
}

function textOf(report: GuardBacktestJson): string {
  const { fromMs, toMs, rowCount, actionCount, difference: by, candidate, inForce } = report;
  const lines = [
    `${subjects(candidate.refusedSubjectCount)} would have been refused; ${inForce.refusedSubjectCount} by the policies in force, if they are enforced`,
    `  ${by.addedCount} only by these policies, ${by.removedCount} only by those in force, ${by.graverCount} graver, ${by.milderCount} milder, ${by.earlierCount} earlier, ${by.laterCount} later, ${by.sameCount} the same`,
    `  ${actionCount} actions (${rowCount} rows) from ${timeText(fromMs)} to ${timeText(toMs)}`,
    ...totalsLines('these policies', candidate),
    ...totalsLines('the policies in force', inForce),
    ...report.remarks.map((remark) => `  note: ${remark}`),
  ];
  const head = lines.map((line) => `${printable(line).replaceAll(/[\t\n]/g, ' ')}\n`).join('');
  if (report.subjects.length === 0) return head;
  const further = report.furtherSubjectCount;
  const tail = further === 0 ? '' : `and ${further} more; --limit shows up to 1000\n`;
  return `${head}\n${tableOf(report.subjects)}${tail}`;
}

function totalsLines(who: string, totals: GuardBacktestJson['candidate']): readonly string[] {
  const { slowedSubjectCount: slowed, heldBackSubjectCount: heldBack, trips } = totals;
  return [
    ...(slowed === 0 ? [] : [`  ${subjects(slowed)} slowed or challenged by ${who}`]),
    ...trips.map(
      ({ policy, atMs, reason }) =>
        `  STOPPED ${timeText(atMs)}: policy "${policy}" of ${who} by its brake, and in shadow from then on: ${reason}`,
    ),
    ...(heldBack === 0 ? [] : [`  ${subjects(heldBack)} kept for a person by the brakes of ${who}`]),
  ];
}

function subjects(count: number): string {
  return count === 1 ? '1 subject' : `${count} subjects`;
}

type Subject = GuardBacktestJson['subjects'][number];

function tableOf(rows: readonly Subject[]): string {
  return tableText([
    ['Change', 'Subject', 'First refused', 'Until', 'Policy', 'Step', 'Grade', 'Times', 'In force'],
    ...rows.map((row) => [changeOf(row), `${row.scope}:${row.subject}`, ...cellsOf(row)]),
  ]);
}

function cellsOf({ change, candidate, inForce }: Subject): readonly string[] {
  const shown = candidate ?? inForce;
  if (shown === null) return [];
  const { first, gravest, refusalCount } = shown;
  return [
    timeText(first.atMs),
    timeText(first.untilMs),
    first.policy,
    `> ${first.over}`,
    gravest,
    String(refusalCount),
    change === 'same' ? 'the same' : change === 'removed' ? 'this' : inForceText(inForce),
  ];
}

function inForceText(inForce: Subject['inForce']): string {
  if (inForce === null) return 'not refused';
  const { first, gravest, refusedMs } = inForce;
  return `${timeText(first.atMs)}, ${first.policy} > ${first.over}, ${gravest}, ${formatDurationMs(refusedMs)} in all`;
}

function changeOf({ change, gravity, timing }: Subject): string {
  if (change !== 'changed') return change;
  return [gravity, timing].filter((word) => word !== null && word !== 'same').join(', ');
}
