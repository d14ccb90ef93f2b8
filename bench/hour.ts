import { labelsOf, SeededRandom } from '@vedette/model';
import { HttpClient } from './http-client.ts';
import { quantile, timed, type Figure } from './measure.ts';
import { pause, readProcessUse, startVedette, type MeasuredProcess } from './server-process.ts';
import { labelFieldsOf, WriteBody } from './write-body.ts';

const HOUR_MS = 3_600_000;
const ROUND_MS = 15_000;
const SERIES = 20_000;
const SERIES_PER_BODY = 2000;
/** Every five minutes a twentieth of the series ends and others begin, as with a deployment. */
const ROUNDS_PER_DEPLOYMENT = 20;
const REPLACED_SERIES = 1000;

const QUERIES: readonly string[] = [
  'sum by (path) (rate(load_requests_total[5m]))',
  'topk(5, sum by (pod) (rate(load_requests_total[5m])))',
  'load_requests_total{path="/p3",code="200"}',
  'avg_over_time(node_load1[10m])',
  'count(load_requests_total)',
];

/**
 * An hour of real time: 20,000 series written every 15 s, 1,000 of them replaced every five minutes, a dashboard
 * asking for the last half hour every 15 s, host collectors and rules as by default. What the process holds is noted
 * once a minute and printed; the trend is the slope of a line through the last half hour.
 */
export async function measureHour(): Promise<Figure[]> {
  await using server = await startVedette({});
  const load = new Load(server);
  const rss = ({ rssBytes }: { rssBytes: number }): number => rssBytes / 1e6;
  const notes: { minute: number; rssBytes: number }[] = [];
  const startMs = performance.now();
  for (let round = 0; round * ROUND_MS < HOUR_MS; round++) {
    await pause(Math.max(0, startMs + round * ROUND_MS - performance.now()));
    await Promise.all([load.write(round), load.ask()]);
    if (round % 4 !== 0) continue;
    const note = { minute: round / 4, rssBytes: readProcessUse(server.pid).rssBytes };
    console.log(`  ${note.minute} min: ${rss(note).toFixed(0)} MB`);
    notes.push(note);
  }
  const marks = notes.filter(({ minute }) => minute % 10 === 0 || minute === notes.length - 1);
  return [
    ...marks.map((note): Figure => ({ name: `RSS after ${note.minute} min`, value: rss(note), unit: 'MB' })),
    { name: 'RSS maximum', value: Math.max(...notes.map(rss)), unit: 'MB' },
    { name: 'RSS trend of the last half hour', value: slopeOf(notes.slice(30)) / 1e6, unit: 'MB/min' },
    { name: 'samples written', value: load.sampleCount, unit: 'samples', better: 'more' },
    { name: 'bodies refused', value: load.refusedCount, unit: 'bodies' },
    { name: 'query', value: quantile(load.queryMs, 0.5), p99: quantile(load.queryMs, 0.99), unit: 'ms' },
    {
      name: 'CPU',
      value: (readProcessUse(server.pid).cpuSeconds / (HOUR_MS / 1000)) * 100,
      unit: '% of a core',
    },
  ];
}

class Load {
  readonly queryMs: number[] = [];
  sampleCount = 0;
  refusedCount = 0;
  readonly #url: string;
  readonly #client = new HttpClient(4);
  readonly #random = new SeededRandom(11);
  readonly #body = new WriteBody();
  readonly #series: { fields: Uint8Array; value: number }[] = [];
  #created = 0;

  constructor({ url }: MeasuredProcess) {
    this.#url = url;
    while (this.#series.length < SERIES) this.#series.push(this.#create());
  }

  async write(round: number): Promise<void> {
    if (round % ROUNDS_PER_DEPLOYMENT === ROUNDS_PER_DEPLOYMENT - 1) await this.#deploy();
    for (let from = 0; from < SERIES; from += SERIES_PER_BODY) {
      const nowMs = Date.now();
      for (const one of this.#series.slice(from, from + SERIES_PER_BODY)) {
        one.value += Math.floor(this.#random.float() * 200);
        this.#add(one.fields, () => this.#body.addSample(nowMs, one.value));
      }
      await this.#send();
    }
  }

  /** A dashboard asks all queries at once. */
  async ask(): Promise<void> {
    const end = Date.now() / 1000;
    const ask = async (query: string): Promise<void> => {
      const form = new URLSearchParams({ query, start: String(end - 1800), end: String(end), step: '15' });
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const url = `${this.#url}/api/v1/query_range`;
      this.queryMs.push(await timed(() => this.#client.post(url, form.toString(), headers)));
    };
    await Promise.all(QUERIES.map(ask));
  }

  /** The oldest pods end, with markers, and new ones begin. */
  async #deploy(): Promise<void> {
    const nowMs = Date.now();
    for (const { fields } of this.#series.splice(0, REPLACED_SERIES))
      this.#add(fields, () => this.#body.addStale(nowMs));
    await this.#send();
    while (this.#series.length < SERIES) this.#series.push(this.#create());
  }

  #create(): { fields: Uint8Array; value: number } {
    const i = this.#created++;
    const labels = labelsOf({
      __name__: 'load_requests_total',
      code: ['200', '301', '404', '500'][i % 4] ?? '',
      job: 'load',
      method: i % 8 < 4 ? 'GET' : 'POST',
      path: `/p${Math.floor(i / 8) % 10}`,
      pod: `pod-${Math.floor(i / 80)}`,
    });
    return { fields: labelFieldsOf(labels), value: 0 };
  }

  #add(fields: Uint8Array, addSample: () => void): void {
    this.#body.openSeries(fields);
    addSample();
    this.#body.closeSeries();
  }

  async #send(): Promise<void> {
    const { bytes, sampleCount } = this.#body.finish();
    const headers = { 'Content-Encoding': 'snappy', 'Content-Type': 'application/x-protobuf' };
    const { status } = await this.#client.post(`${this.#url}/api/v1/write`, bytes, headers);
    if (status < 300) this.sampleCount += sampleCount;
    else this.refusedCount++;
  }
}

/** Least squares: what is gained in a minute. */
function slopeOf(notes: readonly { minute: number; rssBytes: number }[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const minute = mean(notes.map((note) => note.minute));
  const rss = mean(notes.map(({ rssBytes }) => rssBytes));
  const covariance = notes.reduce((sum, note) => sum + (note.minute - minute) * (note.rssBytes - rss), 0);
  return covariance / notes.reduce((sum, note) => sum + (note.minute - minute) ** 2, 0);
}
