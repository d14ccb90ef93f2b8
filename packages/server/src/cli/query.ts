import { formatLabels, labelsOf, parseDurationMs } from '@vedette/model';
import { z } from 'zod';
import { readFetchedText } from '../lib/bounded-body.ts';
import { printable } from '../lib/printable.ts';
import { SystemClock } from '../lib/system-clock.ts';
import { EXIT, parseOptions, UsageError, type CliIo, type Command } from './command.ts';
import { readTokenFile } from './token-file.ts';

// Longer than the server's own limit of a query (2 m), so that the server's words arrive and not ours.
const TIMEOUT_MS = 130_000;

// 11,000 points of 1,000 series are about this much; what sits at the address may never stop sending.
const ANSWER_BYTES_MAX = 256 * 1024 * 1024;

/** Width of a sparkline: with label and values it fits into 120 columns. */
const SPARK_COLUMNS = 40;
const SPARKS = '▁▂▃▄▅▆▇█';

export const queryCommand: Command = {
  help: `Asks a running server a PromQL question.

Usage: vedette query [options] EXPRESSION

Options:
  --url URL           the server (default http://127.0.0.1:8080, or VEDETTE_URL); any Prometheus works
  --time TIME         evaluate at this time (RFC 3339 or Unix seconds; default now)
  --range DURATION    show this much time up to --time, with a sparkline per series
  --step DURATION     distance of two points (default: a 60th of the range)
  --token-file FILE   send the token in this file (or VEDETTE_TOKEN_FILE)
  --json              print the server's answer as it is

Examples:
  vedette query 'up == 0'
  vedette query --range 1h 'sum(rate(node_cpu_seconds_total{mode!="idle"}[1m]))'
  vedette query --url http://prometheus:9090 --json 'count by (job) (up)'
`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      url: { type: 'string' },
      time: { type: 'string' },
      range: { type: 'string' },
      step: { type: 'string' },
      'token-file': { type: 'string' },
      json: { type: 'boolean' },
    });
    const [expression, extra] = positionals;
    if (expression === undefined) throw new UsageError('an expression is missing');
    if (extra !== undefined)
      throw new UsageError(`one expression at a time; quote it for the shell (got "${extra}" too)`);
    const request = requestOf(expression, values, io);
    const tokenFile = values['token-file'] ?? io.env['VEDETTE_TOKEN_FILE'];
    const answer = await ask(request, tokenFile, io);
    if (answer === undefined) return EXIT.unreachable;
    if (values.json === true) io.out(`${answer.text.trimEnd()}\n`);
    else printAnswer(answer.body, io);
    return answer.body?.status === 'success' ? EXIT.ok : EXIT.checkFailed;
  },
};

interface QueryRequest {
  readonly url: URL;
  readonly form: URLSearchParams;
}

const point = z.tuple([z.number(), z.string()]);

const resultEntry = z.object({
  metric: z.record(z.string(), z.string()),
  value: point.optional(),
  values: z.array(point).optional(),
});

type ResultEntry = z.output<typeof resultEntry>;

/** A Prometheus answer, as far as it is printed: whatever sits at that address may answer. */
const answerSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    warnings: z.array(z.string()).optional(),
    data: z.discriminatedUnion('resultType', [
      z.object({ resultType: z.literal('scalar'), result: point }),
      z.object({ resultType: z.literal('string'), result: point }),
      z.object({ resultType: z.literal('vector'), result: z.array(resultEntry) }),
      z.object({ resultType: z.literal('matrix'), result: z.array(resultEntry) }),
    ]),
  }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);

type Answer = z.output<typeof answerSchema>;
function requestOf(
  query: string,
  values: {
    url?: string | undefined;
    time?: string | undefined;
    range?: string | undefined;
    step?: string | undefined;
  },
  io: CliIo,
): QueryRequest {
  const base = values.url ?? io.env['VEDETTE_URL'] ?? 'http://127.0.0.1:8080';
  if (!/^https?:\/\//i.test(base) || !URL.canParse(base))
    throw new UsageError(`--url must be a URL such as http://127.0.0.1:8080; got "${base}"`);
  const path = base.replace(/\/$/, '');
  const atMs = values.time === undefined ? new SystemClock().nowMs() : parseTimeMs(values.time);
  const form = new URLSearchParams({ query });
  if (values.range === undefined) {
    if (values.step !== undefined) throw new UsageError('--step needs --range');
    form.set('time', String(atMs / 1000));
    return { url: new URL(`${path}/api/v1/query`), form };
  }
  const rangeMs = durationOf('--range', values.range);
  const stepMs =
    values.step === undefined
      ? Math.max(1000, Math.round(rangeMs / 60_000) * 1000)
      : durationOf('--step', values.step);
  form.set('start', String((atMs - rangeMs) / 1000));
  form.set('end', String(atMs / 1000));
  form.set('step', String(stepMs / 1000));
  return { url: new URL(`${path}/api/v1/query_range`), form };
}

function parseTimeMs(text: string): number {
  const parsed = /^-?\d+(\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(parsed)) throw new UsageError(`--time must be RFC 3339 or Unix seconds; got "${text}"`);
  return parsed;
}

function durationOf(option: string, text: string): number {
  const parsed = parseDurationMs(text);
  if (parsed === undefined || parsed === 0)
    throw new UsageError(`${option} must be a duration such as 30s or 1h; got "${text}"`);
  return parsed;
}

async function ask(
  request: QueryRequest,
  tokenFile: string | undefined,
  io: CliIo,
): Promise<{ text: string; body: Answer | undefined } | undefined> {
  const headers = new Headers();
  if (tokenFile !== undefined)
    headers.set('Authorization', `Bearer ${(await readTokenFile(tokenFile)).trim()}`);
  try {
    const response = await fetch(request.url, {
      method: 'POST',
      body: request.form,
      headers,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await readFetchedText(response, ANSWER_BYTES_MAX);
    const body = text === undefined ? undefined : parseAnswer(text);
    if (text === undefined)
      io.err(
        `cannot read the answer of ${request.url.origin}: it is longer than ${ANSWER_BYTES_MAX} bytes; narrow the query\n`,
      );
    else if (body === undefined)
      io.err(
        `cannot read the answer of ${request.url.origin}: got HTTP ${response.status} and no Prometheus JSON; is this the right address?\n`,
      );
    return { text: text ?? '', body };
  } catch (error) {
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    io.err(
      `cannot reach ${request.url.origin}: ${cause}; is the server running there? Start it with "vedette start" or name it with --url\n`,
    );
    return undefined;
  }
}

function parseAnswer(text: string): Answer | undefined {
  try {
    return answerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function printAnswer(answer: Answer | undefined, io: CliIo): void {
  if (answer === undefined) return;
  if (answer.status !== 'success') {
    io.err(`cannot evaluate the query: ${printable(answer.error)}\n`);
    return;
  }
  for (const warning of answer.warnings ?? []) io.err(`warning: ${printable(warning)}\n`);
  const { data } = answer;
  if (data.resultType === 'scalar' || data.resultType === 'string') io.out(`${printable(data.result[1])}\n`);
  else io.out(tableOf(rowsOf(data.resultType, data.result)));
}

type Point = z.output<typeof point>;

function rowsOf(
  resultType: 'vector' | 'matrix',
  entries: readonly ResultEntry[],
): readonly (readonly string[])[] {
  if (entries.length === 0) return [['(no series)']];
  return entries.map((entry) => {
    const name = formatLabels(labelsOf(entry.metric));
    if (resultType !== 'matrix') return [name, printable(entry.value?.[1] ?? '(histogram)')];
    const points = entry.values ?? [];
    return [name, sparkline(points), printable(points.at(-1)?.[1] ?? '')];
  });
}

function tableOf(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Points spread over the columns; a column shows the last value that falls into it, a blank is a gap. */
function sparkline(points: readonly Point[]): string {
  const values = points.map(([, value]) => Number(value));
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low;
  const firstSeconds = points[0]?.[0] ?? 0;
  const spanSeconds = (points.at(-1)?.[0] ?? 0) - firstSeconds;
  const columns = Array<string>(SPARK_COLUMNS).fill(' ');
  for (const [i, [seconds]] of points.entries()) {
    const column =
      spanSeconds === 0 ? 0 : Math.floor(((seconds - firstSeconds) / spanSeconds) * (SPARK_COLUMNS - 1));
    const value = values[i] ?? NaN;
    if (Number.isFinite(value))
      columns[column] =
        SPARKS[span === 0 ? 3 : Math.round(((value - low) / span) * (SPARKS.length - 1))] ?? ' ';
  }
  return columns.join('');
}
