import { InputError } from '@vedette/model';
import { findJsonFault } from './json-fault.ts';
import { invalid } from './unwrap.ts';

// The largest public dashboards are 1 MB; a file of 20 MB is a list of them, or none. Parsing 4 MB takes 40 ms.
export const DASHBOARD_BYTES_MAX = 4 * 1024 * 1024;

/**
 * The JSON of a dashboard file; `readDashboard` takes it from here. A Kubernetes ConfigMap in YAML that holds
 * one dashboard as a literal block is opened; of one that holds several, the names are said. Throws `InputError`:
 * at once for a text above `DASHBOARD_BYTES_MAX`, else with line and column of the fault.
 */
export function parseDashboardText(text: string): unknown {
  const bytes = bytesOf(text);
  if (bytes > DASHBOARD_BYTES_MAX)
    throw new InputError(
      'VED_DASHBOARD_TOO_LARGE',
      `cannot read the dashboard: the file is too large; got ${bytes} bytes, limit is ${DASHBOARD_BYTES_MAX} (DASHBOARD_BYTES_MAX); is it one dashboard, without data in it?`,
    );
  const trimmed = text.replace(/^\uFEFF/, '');
  if (trimmed.trim() === '') throw invalid('the file is empty; want a JSON object');
  if (/^\s*[[{"\d]/.test(trimmed)) return parseJson(trimmed);
  const blocks = literalBlocksOf(trimmed);
  const [first] = blocks;
  if (first !== undefined && blocks.length === 1) return parseJson(first.text, first.line);
  if (first !== undefined)
    throw invalid(
      `the YAML file holds ${blocks.length} dashboards (${blocks
        .slice(0, 5)
        .map(({ key }) => key)
        .join(', ')}${blocks.length > 5 ? ', …' : ''}); import them one by one, each as a JSON file`,
    );
  if (/^\s*(apiVersion|kind|[\w.-]+):/m.test(trimmed))
    throw invalid('the file is YAML and holds no dashboard as a block of JSON; export the dashboard as JSON');
  return parseJson(trimmed);
}

/** Without encoding it: a text of 20 MB is refused before anything is made of it. */
function bytesOf(text: string): number {
  if (text.length > DASHBOARD_BYTES_MAX) return text.length;
  return new TextEncoder().encode(text).length;
}

function parseJson(text: string, firstLine = 1): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    // The engines' messages differ, and most of them name no place.
    const fault = findJsonFault(text);
    if (fault === undefined) throw error;
    const before = text.slice(0, fault.offset);
    const line = before.split('\n').length;
    const column = fault.offset - before.lastIndexOf('\n');
    throw new InputError(
      'VED_DASHBOARD_INVALID',
      `cannot read the dashboard: line ${line + firstLine - 1}:${column}: want ${fault.want}; got ${gotAt(text, fault.offset)}`,
      { cause: error },
    );
  }
}

function gotAt(text: string, offset: number): string {
  const character = text.slice(offset, offset + 2);
  if (character === '') return 'the end of the file; was it cut off?';
  const codePoint = character.codePointAt(0) ?? 0;
  return codePoint < 32
    ? `a control character (${codePoint})`
    : JSON.stringify(String.fromCodePoint(codePoint));
}

interface LiteralBlock {
  readonly key: string;
  readonly text: string;
  /** From 1, of its first line in the file. */
  readonly line: number;
}

/** `name.json: |-` and the deeper lines that follow, as kube-prometheus and Helm charts write them. */
function literalBlocksOf(text: string): LiteralBlock[] {
  const lines = text.split(/\r?\n/);
  const blocks: LiteralBlock[] = [];
  for (let i = 0; i < lines.length; i++) {
    const header = /^( *)"?([\w.-]+\.json)"?: *\|[-+]?\d?[-+]? *$/.exec(lines[i] ?? '');
    if (header === null) continue;
    const depth = header[1]?.length ?? 0;
    let end = i + 1;
    while (end < lines.length && isWithin(lines[end] ?? '', depth)) end += 1;
    const body = lines.slice(i + 1, end);
    blocks.push({ key: header[2] ?? '', text: body.join('\n'), line: i + 2 });
    i = end - 1;
  }
  return blocks;
}

/** Blank lines belong to a block, whatever their depth. */
function isWithin(line: string, depth: number): boolean {
  return line.trim() === '' || line.length - line.trimStart().length > depth;
}
