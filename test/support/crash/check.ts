import type { VedetteProcess } from '../vedette-process.ts';
import { SERIES_PER_WRITER, type Writer } from './writers.ts';

/** Batches before the newest that are compared sample by sample each time; all are counted and summed up. */
const COMPARED_BATCHES = 400;

/** More make the report no clearer. */
const FAULTS_MAX = 20;

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

type Results = NonNullable<Answer['data']>['result'];

/** Collects what should not be. */
export class Faults {
  readonly texts: string[] = [];

  add(text: string): void {
    if (this.texts.length < FAULTS_MAX) this.texts.push(text);
  }
}

/**
 * Compares what the server shows of a writer with what it was told: every acknowledged batch is there in every series, once,
 * with its value; a batch that was under way is there as a whole or not at all; and nothing else is. Returns how many
 * samples that was.
 */
export async function checkWriter(vedette: VedetteProcess, writer: Writer, faults: Faults): Promise<number> {
  const { states } = writer;
  if (states.length === 0) return 0;
  await checkNewest(vedette, writer, faults);
  const wanted = states.flatMap((state, batch) => (state === 'absent' ? [] : [batch]));
  const sum = wanted.reduce((total, batch) => total + batch, 0);
  const all = `crash{writer="${writer.id}"}[${Math.ceil((writer.timeOf(states.length) - writer.timeOf(0)) / 1000) + 1}s]`;
  const atMs = writer.timeOf(states.length) + 500;
  for (const [name, want] of [
    ['count_over_time', wanted.length],
    ['sum_over_time', sum],
  ] as const) {
    const found = await ask(vedette, `${name}(${all})`, atMs);
    const expected = wanted.length === 0 ? 0 : SERIES_PER_WRITER;
    if (found.length !== expected)
      faults.add(`writer ${writer.id}: ${found.length} series, want ${expected}`);
    for (const { metric, value } of found)
      if (Number(value?.[1]) !== want)
        faults.add(`writer ${writer.id}, series ${metric['i']}: ${name} is ${value?.[1]}, want ${want}`);
  }
  return wanted.length * SERIES_PER_WRITER;
}

async function checkNewest(vedette: VedetteProcess, writer: Writer, faults: Faults): Promise<void> {
  const { states, id } = writer;
  const first = Math.max(0, states.length - COMPARED_BATCHES);
  const spanMs = writer.timeOf(states.length) - writer.timeOf(first);
  const results = await ask(vedette, `crash{writer="${id}"}[${spanMs}ms]`, writer.timeOf(states.length) - 1);
  /** Of each batch, in how many series it is. */
  const seen = new Map<number, number>();
  for (const { metric, values = [] } of results) {
    for (const [seconds, value] of values) {
      const batch = Number(value);
      if (writer.timeOf(batch) !== Math.round(seconds * 1000))
        faults.add(`writer ${id}, series ${metric['i']}: ${value} at ${seconds} was never sent`);
      seen.set(batch, (seen.get(batch) ?? 0) + 1);
    }
  }
  for (let batch = first; batch < states.length; batch++) {
    const state = states[batch];
    const count = seen.get(batch) ?? 0;
    if (state === 'open') {
      if (count !== 0 && count !== SERIES_PER_WRITER)
        faults.add(`writer ${id}, batch ${batch}: in ${count} of ${SERIES_PER_WRITER} series: half a batch`);
      states[batch] = count > 0 ? 'present' : 'absent';
    } else if (count !== (state === 'absent' ? 0 : SERIES_PER_WRITER))
      faults.add(`writer ${id}, batch ${batch}, ${state}: in ${count} of ${SERIES_PER_WRITER} series`);
  }
  for (const batch of seen.keys())
    if (batch >= states.length) faults.add(`writer ${id}: batch ${batch} was never sent`);
}

/** Pairs of seconds and value of a scraped counter. */
export type Scraped = readonly (readonly [number, string])[];

export async function scrapedOf(vedette: VedetteProcess): Promise<Scraped> {
  return (await ask(vedette, 'scrapes_total[1h]', Date.now()))[0]?.values ?? [];
}

/** What was shown stays, and a counter of scrapes never repeats or falls. */
export function checkScraped(before: Scraped, now: Scraped, faults: Faults): void {
  const found = new Map(now);
  const oldest = now[0]?.[0] ?? 0;
  for (const [seconds, value] of before)
    if (seconds >= oldest && found.get(seconds) !== value)
      faults.add(`scrape at ${seconds}: was ${value}, is ${found.get(seconds)}`);
  if (before.length > 0 && now.length === 0) faults.add('scraped samples are gone');
  for (const [i, [seconds, value]] of now.entries()) {
    const previous = now[i - 1];
    if (previous !== undefined && (seconds <= previous[0] || Number(value) <= Number(previous[1])))
      faults.add(`scrapes: ${value} at ${seconds} follows ${previous[1]} at ${previous[0]}`);
  }
}

async function ask(vedette: VedetteProcess, query: string, atMs: number): Promise<Results> {
  const form = new URLSearchParams({ query, time: String(atMs / 1000) });
  const answer = await vedette.json<Answer>('/api/v1/query', { method: 'POST', body: form });
  if (answer.data === undefined) throw new Error(`${query}: ${answer.error}`);
  return answer.data.result;
}
