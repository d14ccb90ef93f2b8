import {
  isScriptNumber,
  parseScriptNumber,
  parseScriptTimeMs,
  parseSeriesLine,
  type SeriesLine,
} from '@vedette/promql';

/**
 * Reads scripts of upstream's PromQL tests: `load`, `clear` and `eval` blocks, divided by empty or
 * comment lines. The format is described in the README beside the shared scripts.
 */
export type Command = { readonly kind: 'clear' } | LoadCommand | EvalCommand;

export interface LoadCommand {
  readonly kind: 'load';
  readonly stepMs: number;
  /** Also builds native histograms with custom buckets from the classic ones. */
  readonly withNativeHistograms: boolean;
  readonly series: readonly SeriesLine[];
}

export type EvalTime =
  | { readonly kind: 'instant'; readonly atMs: number }
  | { readonly kind: 'range'; readonly startMs: number; readonly endMs: number; readonly stepMs: number };

export interface EvalCommand {
  readonly kind: 'eval';
  readonly line: number;
  readonly expr: string;
  readonly time: EvalTime;
  readonly expectations: readonly Expectation[];
  readonly result: ExpectedResult;
}

export interface Expectation {
  readonly what: 'ordered' | 'fail' | 'warn' | 'no_warn' | 'info' | 'no_info';
  /** `undefined`: anything will do. */
  readonly accepts: ((text: string) => boolean) | undefined;
}

export type ExpectedResult =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'scalar'; readonly value: number }
  | { readonly kind: 'series'; readonly series: readonly SeriesLine[] }
  | {
      readonly kind: 'samples';
      readonly startMs: number;
      readonly stepMs: number;
      readonly series: readonly SeriesLine[];
    };

export function parseScript(text: string): readonly Command[] {
  const lines = text.split('\n').map((line) => (line.trim().startsWith('#') ? '' : line.trim()));
  const commands: Command[] = [];
  for (let i = 0; i < lines.length; i++) {
    const head = lines[i] ?? '';
    if (head === '') continue;
    const word = (/^\S+/.exec(head)?.[0] ?? '').toLowerCase();
    if (word === 'clear') {
      commands.push({ kind: 'clear' });
      continue;
    }
    const end = lines.indexOf('', i + 1);
    const body = lines.slice(i + 1, end < 0 ? lines.length : end);
    if (word.startsWith('load')) commands.push(parseLoad(head, body));
    else if (word.startsWith('eval')) commands.push(parseEval(head, body, i + 1));
    else throw new Error(`line ${i + 1}: unknown command "${word}"`);
    i += body.length;
  }
  return commands;
}

function parseLoad(head: string, body: readonly string[]): LoadCommand {
  const match = /^load(?:_(with_nhcb))?\s+(.+?)$/.exec(head);
  if (match === null) throw new Error(`invalid load command: ${head}`);
  return {
    kind: 'load',
    stepMs: parseScriptTimeMs(match[2] ?? ''),
    withNativeHistograms: match[1] !== undefined,
    series: body.map(parseSeriesLine),
  };
}

const INSTANT = /^eval(?:_(fail|warn|ordered|info))?\s+instant\s+(?:at\s+(.+?))?\s+(.+)$/;
const RANGE = /^eval(?:_(fail|warn|info))?\s+range\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+?)\s+(.+)$/;

function parseEval(head: string, body: readonly string[], line: number): EvalCommand {
  const instant = INSTANT.exec(head);
  if (instant !== null) {
    const time: EvalTime = { kind: 'instant', atMs: parseScriptTimeMs(instant[2] ?? '0') };
    return { kind: 'eval', line, expr: instant[3] ?? '', time, ...parseBody(instant[1], body) };
  }
  const range = RANGE.exec(head);
  if (range === null) throw new Error(`line ${line}: invalid eval command: ${head}`);
  const [, suffix, start = '', end = '', step = '', expr = ''] = range;
  const time: EvalTime = {
    kind: 'range',
    startMs: parseScriptTimeMs(start),
    endMs: parseScriptTimeMs(end),
    stepMs: parseScriptTimeMs(step),
  };
  return { kind: 'eval', line, expr, time, ...parseBody(suffix, body) };
}

function parseBody(
  suffix: string | undefined,
  body: readonly string[],
): Pick<EvalCommand, 'expectations' | 'result'> {
  const expectations: Expectation[] = [];
  if (suffix !== undefined) expectations.push({ what: suffix as Expectation['what'], accepts: undefined });
  const series: SeriesLine[] = [];
  let result: ExpectedResult | undefined;
  for (const line of body) {
    const oldFailure = /^expected_fail_(message|regexp)\s+(.+)$/.exec(line);
    const vector = /^expect\s+range\s+vector\s+from\s+(.+)\s+to\s+(.+)\s+step\s+(.+)$/.exec(line);
    const text = /^expect\s+string\s+(.+)$/.exec(line);
    if (oldFailure !== null)
      expectations.push(failure(oldFailure[1] === 'regexp' ? 'regex' : 'msg', oldFailure[2] ?? ''));
    else if (vector !== null)
      result = {
        kind: 'samples',
        startMs: parseScriptTimeMs(vector[1] ?? ''),
        stepMs: parseScriptTimeMs(vector[3] ?? ''),
        series,
      };
    else if (text !== null) result = { kind: 'string', value: (text[1] ?? '').slice(1, -1) };
    else if (/^expect(?:\s|$)/.test(line)) expectations.push(parseExpectation(line));
    else if (isScriptNumber(line)) {
      result = { kind: 'scalar', value: parseScriptNumber(line) };
      break;
    } else series.push(parseSeriesLine(line));
  }
  return { expectations, result: result ?? { kind: 'series', series } };
}

function failure(kind: string, text: string): Expectation {
  return { what: 'fail', accepts: acceptsOf(kind, text) };
}

function parseExpectation(line: string): Expectation {
  const match = /^expect\s+(ordered|fail|warn|no_warn|info|no_info)(?:\s+(regex|msg):(.+))?$/.exec(line);
  if (match === null) throw new Error(`invalid expectation: ${line}`);
  const what = match[1] as Expectation['what'];
  return { what, accepts: match[2] === undefined ? undefined : acceptsOf(match[2], (match[3] ?? '').trim()) };
}

function acceptsOf(kind: string, wanted: string): (text: string) => boolean {
  if (kind === 'msg') return (text) => text === wanted;
  const pattern = new RegExp(wanted);
  return (text) => pattern.test(text);
}
