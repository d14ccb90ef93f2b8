/** For tests: a Prometheus of one answer per path, and the tools over it. */
import { VirtualClock } from '@vedette/model';
import { JsonCursor } from '../../../lib/json-cursor.ts';
import type { PrometheusApi, PrometheusApiRequest } from '../../../store/metrics/port.ts';
import { answerOf } from '../tool-answer.ts';
import type { ToolCall } from '../tool.ts';
import { createPrometheusTools } from './prometheus-tools.ts';

export const NOW_MS = Date.parse('2026-01-31T12:00:00Z');

export interface FakePrometheus {
  readonly asked: PrometheusApiRequest[];
  /** Checks the arguments, runs the tool, and makes text of what it found. */
  readonly ask: (name: string, args?: Record<string, unknown>) => Promise<string>;
}

/** `answer` makes `data`, or throws. */
export function fakePrometheus(
  answer: (path: string, form: URLSearchParams) => unknown,
  {
    role = 'admin',
    answerBytesMax = 24_000,
  }: { readonly role?: 'viewer' | 'admin'; readonly answerBytesMax?: number } = {},
): FakePrometheus {
  const asked: PrometheusApiRequest[] = [];
  const api: PrometheusApi = {
    url: 'http://fake',
    call: async (request, read) => {
      asked.push(request);
      const data = answer(request.path, request.form ?? new URLSearchParams());
      const cursor = new JsonCursor(Buffer.from(JSON.stringify(data)));
      return { data: await read(cursor), warnings: [], infos: [] };
    },
  };
  const clock = new VirtualClock({ startMs: NOW_MS });
  const tools = createPrometheusTools({ clock, apiOf: () => api, answerBytesMax });
  const call: ToolCall = {
    caller: { kind: 'token', name: 'test', role },
    nowMs: NOW_MS,
    signal: new AbortController().signal,
  };
  return {
    asked,
    ask: async (name, args = {}) => {
      const tool = tools.find((one) => one.name === name);
      if (tool === undefined) throw new Error(`no tool ${name}`);
      const result = await tool.run(tool.input.parse(args), call);
      return answerOf(result, { bytesMax: answerBytesMax, externalUrl: 'http://v', fence: 'f00dcafe' }).text;
    },
  };
}

export function vector(
  ...series: readonly (readonly [labels: Record<string, string>, value: string | number])[]
): object {
  return {
    resultType: 'vector',
    result: series.map(([metric, value]) => ({ metric, value: [NOW_MS / 1000, String(value)] })),
  };
}
