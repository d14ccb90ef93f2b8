/**
 * Questions of the tools to a Prometheus API, and its answers read as far as they are shown: of a list the first
 * entries are kept and all are counted, so that an answer of 16 MiB becomes a page of text without being a tree of
 * objects first. Between entries the event loop runs.
 */
import { ExecutionError, UnavailableError, type Clock, type Slicer } from '@vedette/model';
import { z } from 'zod';
import type { JsonCursor } from '../../../lib/json-cursor.ts';
import { TimeSlicer } from '../../../lib/time-slicer.ts';
import type {
  PrometheusApi,
  PrometheusApiAnswer,
  PrometheusApiRequest,
} from '../../../store/metrics/port.ts';
import type { ToolCall, ToolLink } from '../tool.ts';
import { LabelCensus } from '../label-census.ts';
import { secondsText } from '../times.ts';

/** What the eighteen tools need. */
export interface PrometheusToolDeps {
  readonly clock: Clock;
  /** On behalf of this caller. */
  readonly apiOf: (call: ToolCall) => PrometheusApi | Promise<PrometheusApi>;
  /** Where an expression can be looked at; absent: nowhere. */
  readonly linkOf?: ((expr: string) => ToolLink) | undefined;
  /** Of one answer; what is shown is chosen to fit. */
  readonly answerBytesMax: number;
}

export type Labels = Readonly<Record<string, string>>;
export type Point = readonly [seconds: number, value: string];

/** One series of a result; of native histograms the count and the sum are told. */
export interface FoundSeries {
  readonly labels: Labels;
  readonly points: readonly Point[];
  readonly isHistogram: boolean;
}

export interface QueryAnswer {
  readonly kind: 'vector' | 'matrix' | 'scalar' | 'string';
  /** The first ones, in the order of the engine; of a scalar or string one without labels. */
  readonly series: readonly FoundSeries[];
  readonly total: number;
  readonly census: LabelCensus;
  /** Warnings and infos of the engine. */
  readonly notes: readonly string[];
}

/** A range and its grid; both ends belong to it. */
export interface RangeSteps {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export interface QueryQuestion {
  readonly expr: string;
  /** A time in milliseconds, or a range. */
  readonly at: number | RangeSteps;
  /** Series kept; the others are counted. */
  readonly keep: number;
}

export class Asker {
  readonly #deps: PrometheusToolDeps;
  readonly #call: ToolCall;
  readonly #slicer: Slicer;

  constructor(deps: PrometheusToolDeps, call: ToolCall) {
    this.#deps = deps;
    this.#call = call;
    this.#slicer = new TimeSlicer(deps.clock).forTask();
  }

  async query({ expr, at, keep }: QueryQuestion): Promise<QueryAnswer> {
    const form = new URLSearchParams({ query: expr });
    if (typeof at === 'number') form.set('time', secondsText(at));
    else {
      form.set('start', secondsText(at.startMs));
      form.set('end', secondsText(at.endMs));
      form.set('step', secondsText(at.stepMs));
    }
    const path = typeof at === 'number' ? '/api/v1/query' : '/api/v1/query_range';
    const { data, warnings, infos } = await this.#ask({ path, form, method: 'POST' }, (cursor) =>
      this.#readResult(cursor, keep),
    );
    if (data === undefined) throw malformed('it has no data');
    return { ...data, notes: [...warnings, ...infos] };
  }

  /** The whole of `data`, which is small: states, flags. */
  async value<T>(path: string, schema: z.ZodType<T>, form = new URLSearchParams()): Promise<T> {
    const { data } = await this.#ask({ path, form, method: 'GET' }, (cursor) =>
      parsed(schema, cursor.readValue()),
    );
    if (data === undefined) throw malformed('it has no data');
    return data;
  }

  /** Each entry of the list that `data` is, or that stands in `data` under `name`; absent lists have none. */
  async each<T>(
    request: { readonly path: string; readonly form?: URLSearchParams; readonly name?: string },
    schema: z.ZodType<T>,
    visit: (entry: T) => void,
  ): Promise<void> {
    const { path, form = new URLSearchParams(), name } = request;
    await this.#ask({ path, form, method: 'GET' }, async (cursor) => {
      if (name === undefined) await this.#walk(cursor, schema, visit);
      else await this.#walkMember(cursor, name, () => this.#walk(cursor, schema, visit));
    });
  }

  /** Each key and value of the object that `data` is. */
  async members<T>(
    request: { readonly path: string; readonly form?: URLSearchParams },
    schema: z.ZodType<T>,
    visit: (key: string, value: T) => void,
  ): Promise<void> {
    const { path, form = new URLSearchParams() } = request;
    await this.#ask({ path, form, method: 'GET' }, async (cursor) => {
      cursor.enterObject();
      for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
        visit(key, parsed(schema, cursor.readValue()));
        await this.breathe();
      }
    });
  }

  async #ask<T>(
    request: PrometheusApiRequest,
    read: (cursor: JsonCursor) => T | Promise<T>,
  ): Promise<PrometheusApiAnswer<T>> {
    const api = await this.#deps.apiOf(this.#call);
    return await api.call(request, read, this.#call.signal);
  }

  async #readResult(cursor: JsonCursor, keep: number): Promise<Omit<QueryAnswer, 'notes'>> {
    let kind: unknown;
    const series: FoundSeries[] = [];
    const census = new LabelCensus();
    let total = 0;
    const take = (found: FoundSeries): void => {
      total++;
      census.add(found.labels);
      if (series.length < keep) series.push(found);
    };
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey()) {
      if (key === 'resultType') kind = cursor.readString();
      else if (key !== 'result') cursor.skip();
      else if (kind === 'scalar' || kind === 'string')
        take({ labels: {}, points: [parsed(pointSchema, cursor.readValue())], isHistogram: false });
      else await this.#walk(cursor, seriesSchema, (entry) => take(seriesOf(entry)));
    }
    if (kind !== 'vector' && kind !== 'matrix' && kind !== 'scalar' && kind !== 'string')
      throw malformed(`its result has the type ${JSON.stringify(kind)}`);
    return { kind, series, total, census };
  }

  async #walk<T>(cursor: JsonCursor, schema: z.ZodType<T>, visit: (entry: T) => void): Promise<void> {
    // Go writes an empty list as null here and there.
    if (!cursor.isNext('array')) return cursor.skip();
    cursor.enterArray();
    while (cursor.nextElement()) {
      visit(parsed(schema, cursor.readValue()));
      await this.breathe();
    }
  }

  async #walkMember(cursor: JsonCursor, name: string, walk: () => Promise<void>): Promise<void> {
    cursor.enterObject();
    for (let key = cursor.nextKey(); key !== undefined; key = cursor.nextKey())
      if (key === name) await walk();
      else cursor.skip();
  }

  /** Lets the event loop run when it is time. */
  async breathe(): Promise<void> {
    if (!this.#slicer.shouldYield()) return;
    await this.#slicer.yield();
    this.#call.signal.throwIfAborted();
  }
}

/** More series, or longer ones, than are read: to be counted instead. */
export function isTooLarge(error: unknown): error is ExecutionError {
  return error instanceof ExecutionError && error.code === 'VED_QUERY_TOO_LARGE';
}

const pointSchema = z.tuple([z.number(), z.string()]);
const histogramSchema = z.tuple([z.number(), z.object({ count: z.string(), sum: z.string() })]);
const seriesSchema = z.object({
  metric: z.record(z.string(), z.string()),
  value: pointSchema.optional(),
  values: z.array(pointSchema).optional(),
  histogram: histogramSchema.optional(),
  histograms: z.array(histogramSchema).optional(),
});

function seriesOf(entry: z.output<typeof seriesSchema>): FoundSeries {
  const { metric: labels, value, values, histogram, histograms } = entry;
  const points = values ?? (value === undefined ? [] : [value]);
  const written = histograms ?? (histogram === undefined ? [] : [histogram]);
  if (written.length === 0) return { labels, points, isHistogram: false };
  const told = written.map(([at, { count, sum }]): Point => [at, `count=${count} sum=${sum}`]);
  return { labels, points: [...points, ...told], isHistogram: true };
}

function parsed<T>(schema: z.ZodType<T>, value: unknown): T {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw malformed(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

/** Quotes what came: names of labels, say. */
function malformed(reason: string): UnavailableError {
  return new UnavailableError(
    'VED_ENGINE_UNAVAILABLE',
    `the answer is not one of Prometheus' API: ${reason}`,
  );
}
