/** `vedette alert silence add|query|expire|update|import|preview`. */
import { readFile } from 'node:fs/promises';
import * as os from 'node:os';
import * as path from 'node:path';
import { silencePreview, type SilencePreview } from '@vedette/api';
import { InputError, type Matcher } from '@vedette/model';
import { z } from 'zod';
import { formatAlertMatcher } from '../../alert/matchers/matcher.ts';
import { printable } from '../../lib/printable.ts';
import { SystemClock } from '../../lib/system-clock.ts';
import { EXIT, parseOptions, UsageError, type CliIo } from '../command.ts';
import { RefusedError, type ServerClient } from '../server-client.ts';
import { openAlertClient, SERVER_OPTIONS } from './alert-client.ts';
import { durationOf, matchersOf, timeOf } from './arguments.ts';
import { OUTPUT_OPTIONS, outputFormOf, pairsText, tableText, timeText } from './output.ts';
import {
  matcherJson,
  postSilence,
  printSilences,
  silence,
  silencePath,
  type PostedSilence,
  type Silence,
} from './silence-json.ts';

// A file of 20,000 silences.
const IMPORT_BYTES_MAX = 16 * 1024 * 1024;

const ACTIONS: Readonly<Record<string, (args: readonly string[], io: CliIo) => Promise<number>>> = {
  add: addSilence,
  query: querySilences,
  expire: expireSilences,
  update: updateSilences,
  import: importSilences,
  preview: previewSilence,
};

export async function runSilence(args: readonly string[], io: CliIo): Promise<number> {
  const [action = 'query', ...rest] = args[0]?.startsWith('-') === true ? ['query', ...args] : args;
  const run = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (run === undefined)
    throw new UsageError(`want silence ${Object.keys(ACTIONS).join(', ')}; got "${action}"`);
  return await run(rest, io);
}

const SPAN_OPTIONS = {
  duration: { type: 'string', short: 'd' },
  start: { type: 'string' },
  end: { type: 'string' },
  comment: { type: 'string', short: 'c' },
} as const;

async function addSilence(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    ...SERVER_OPTIONS,
    ...SPAN_OPTIONS,
    author: { type: 'string', short: 'a' },
    'no-require-comment': { type: 'boolean' },
  });
  const matchers = wantedMatchers(positionals);
  const { comment = '', author = userName(io) } = values;
  if (comment === '' && values['no-require-comment'] !== true)
    throw new UsageError('want a comment: --comment tells others why they are not told');
  const startMs = values.start === undefined ? new SystemClock().nowMs() : timeOf('--start', values.start);
  const endMs = endOf(values, startMs) ?? startMs + durationOf('--duration', '1h');
  const posted = {
    matchers: matchers.map(matcherJson),
    createdBy: author,
    comment,
    ...spanOf(startMs, endMs),
  };
  const client = await openAlertClient(values, io);
  io.out(`${printable(await postSilence(client, 'cannot add the silence', posted))}\n`);
  return EXIT.ok;
}

async function querySilences(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    ...SERVER_OPTIONS,
    ...OUTPUT_OPTIONS,
    expired: { type: 'boolean' },
    quiet: { type: 'boolean', short: 'q' },
    'created-by': { type: 'string' },
    within: { type: 'string' },
  });
  const form = outputFormOf(values);
  const withinMs = values.within === undefined ? Infinity : durationOf('--within', values.within);
  const query = new URLSearchParams();
  for (const matcher of matchersOf(positionals)) query.append('filter', formatAlertMatcher(matcher));
  const client = await openAlertClient(values, io);
  const all = await client.ask('cannot list silences', z.array(silence), {
    path: `/api/v2/silences?${query.toString()}`,
  });
  const nowMs = new SystemClock().nowMs();
  const wanted = all.filter(({ endsAt, createdBy }) => {
    const leftMs = Date.parse(endsAt) - nowMs;
    const isInTime =
      values.expired === true ? leftMs <= 0 && -leftMs <= withinMs : leftMs > 0 && leftMs <= withinMs;
    return isInTime && (values['created-by'] ?? createdBy) === createdBy;
  });
  printSilences(wanted, { form, isQuiet: values.quiet === true }, io);
  return EXIT.ok;
}

async function expireSilences(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, SERVER_OPTIONS);
  const client = await openAlertClient(values, io);
  return await eachId(positionals, io, async (id) => {
    const request = { method: 'DELETE', path: silencePath(id) } as const;
    await client.ask(`cannot expire silence "${id}"`, z.unknown(), request);
  });
}

async function updateSilences(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    ...SERVER_OPTIONS,
    ...OUTPUT_OPTIONS,
    ...SPAN_OPTIONS,
    quiet: { type: 'boolean', short: 'q' },
  });
  const form = outputFormOf(values);
  const client = await openAlertClient(values, io);
  const updated: Silence[] = [];
  const code = await eachId(positionals, io, async (id) => {
    const doing = `cannot update silence "${id}"`;
    const known = await client.ask(doing, silence, { path: silencePath(id) });
    const startMs = values.start === undefined ? Date.parse(known.startsAt) : timeOf('--start', values.start);
    const span = spanOf(startMs, endOf(values, startMs) ?? Date.parse(known.endsAt));
    const changed = { ...known, ...span, comment: values.comment ?? known.comment };
    updated.push({ ...changed, id: await postSilence(client, doing, changed) });
  });
  if (updated.length > 0) printSilences(updated, { form, isQuiet: values.quiet === true }, io);
  return code;
}

async function importSilences(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, {
    ...SERVER_OPTIONS,
    force: { type: 'boolean', short: 'f' },
    quiet: { type: 'boolean', short: 'q' },
  });
  const [file = '-', extra] = positionals;
  if (extra !== undefined) throw new UsageError(`one file at a time; got "${extra}" too`);
  const silences = await readSilences(file, io);
  const client = await openAlertClient(values, io);
  let code: number = EXIT.ok;
  for (const one of silences) {
    try {
      const id = await importSilence(client, values.force === true ? { ...one, id: undefined } : one);
      if (values.quiet !== true) io.out(`${printable(id)}\n`);
    } catch (error) {
      code = complain(error, io);
    }
  }
  return code;
}

/** One that the server does not know is made anew. */
async function importSilence(client: ServerClient, one: PostedSilence): Promise<string> {
  const doing = `cannot import silence "${one.id ?? ''}"`;
  try {
    return await postSilence(client, doing, one);
  } catch (error) {
    const isUnknown = error instanceof RefusedError && error.status === 404 && one.id !== undefined;
    if (!isUnknown) throw error;
    return await postSilence(client, doing, { ...one, id: undefined });
  }
}

async function previewSilence(args: readonly string[], io: CliIo): Promise<number> {
  const { values, positionals } = parseOptions(args, { ...SERVER_OPTIONS, ...OUTPUT_OPTIONS });
  const form = outputFormOf(values);
  const matchers = wantedMatchers(positionals).map(matcherJson);
  const client = await openAlertClient(values, io);
  const request = { method: 'POST', path: '/api/vedette/silences/preview', body: { matchers } } as const;
  const preview = await client.ask('cannot preview the silence', silencePreview, request);
  io.out(form === 'json' ? `${JSON.stringify(preview)}\n` : previewText(preview));
  return EXIT.ok;
}

function previewText({
  alerts,
  matchedCount,
  mutedCount,
  firingCount,
  receivers,
  warning,
}: SilencePreview): string {
  const muted = mutedCount === 0 ? '' : `, ${mutedCount} of them muted already`;
  const who = receivers.map(({ name, alertCount }) => `${printable(name)} (${alertCount})`).join(', ');
  const rest = matchedCount - alerts.length;
  return [
    `It would mute ${matchedCount} of ${firingCount} firing alerts${muted}.\n`,
    who === '' ? '' : `Receivers that would hear less: ${who}\n`,
    warning === null ? '' : `WARNING: ${printable(warning)}\n`,
    alerts.length === 0 ? '' : '\n',
    alerts.length === 0
      ? ''
      : tableText([
          ['Labels', 'Starts At', 'State'],
          ...alerts.map(({ labels, startsAtMs, silencedBy, inhibitedBy }) => [
            pairsText(labels),
            timeText(startsAtMs),
            silencedBy.length + inhibitedBy.length > 0 ? 'suppressed' : 'active',
          ]),
        ]),
    rest === 0 ? '' : `and ${rest} more\n`,
  ].join('');
}

function wantedMatchers(texts: readonly string[]): readonly Matcher[] {
  if (texts.length === 0) throw new UsageError('want the matchers of the silence, such as alertname=X');
  return matchersOf(texts);
}

/** Goes on behind one that fails, so that a long list is not begun anew. */
async function eachId(
  ids: readonly string[],
  io: CliIo,
  change: (id: string) => Promise<void>,
): Promise<number> {
  if (ids.length === 0)
    throw new UsageError('want the ids of silences; "vedette alert silence query -q" lists them');
  let code: number = EXIT.ok;
  for (const id of ids)
    try {
      await change(id);
    } catch (error) {
      code = complain(error, io);
    }
  return code;
}

/** Of one among several; what is wrong with all of them ends the command. */
function complain(error: unknown, { err }: CliIo): number {
  if (!(error instanceof RefusedError) || error.status === 401 || error.status === 403) throw error;
  const isUnknown = error.status === 404 || error.status === 422;
  const remedy = isUnknown ? '; "vedette alert silence query" lists the silences there are' : '';
  err(`${error.message}${remedy}\n`);
  return EXIT.checkFailed;
}

/** `undefined`: neither an end nor a duration was given. */
function endOf(
  values: { readonly end?: string | undefined; readonly duration?: string | undefined },
  startMs: number,
): number | undefined {
  if (values.end !== undefined) return timeOf('--end', values.end);
  return values.duration === undefined ? undefined : startMs + durationOf('--duration', values.duration);
}

function spanOf(startMs: number, endMs: number): Pick<Silence, 'startsAt' | 'endsAt'> {
  if (startMs >= endMs) throw new UsageError('a silence must end after it starts; look at --start and --end');
  return { startsAt: new Date(startMs).toISOString(), endsAt: new Date(endMs).toISOString() };
}

async function readSilences(file: string, io: CliIo): Promise<readonly Silence[]> {
  const from = file === '-' ? '/dev/stdin' : path.resolve(io.workingDirectory, file);
  const text = await readFile(from, 'utf8').catch((error: unknown) => {
    throw new UsageError(`cannot read "${file}": ${error instanceof Error ? error.message : String(error)}`);
  });
  if (text.length > IMPORT_BYTES_MAX)
    throw new UsageError(`cannot read "${file}": it is longer than ${IMPORT_BYTES_MAX} bytes; split it`);
  const read = z.array(silence).safeParse(jsonOf(text));
  if (read.success) return read.data;
  throw new InputError(
    'VED_CONFIG_INVALID',
    `cannot read "${file}": want a list of silences as "vedette alert silence query -o json" prints it`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function userName({ env }: CliIo): string {
  const name = env['USER'] ?? env['LOGNAME'];
  if (name !== undefined && name !== '') return name;
  try {
    return os.userInfo().username;
  } catch {
    // A user without a name, as in containers.
    return 'vedette';
  }
}
