/**
 * The front matter of a runbook: YAML between two lines of `---`.
 *
 *     ---
 *     id: high-5xx                     # the file's name, if left out
 *     title: High 5xx rate
 *     match:
 *       alertname: [HighErrorRate]     # any of them
 *       labels: { tier: "web|api" }    # all of them; anchored regular expressions (RE2)
 *     severity: critical
 *     owner: team-web
 *     links: [{ title: Dashboard, url: https://grafana.example.org/d/web }]
 *     queries: { errors: 'sum(rate(http_requests_total{code=~"5.."}[5m]))' }
 *     reviewed: 2026-11-01
 *     ---
 *
 * Everything is optional. `weight`, which Hugo has beside `title`, is accepted and means nothing here. Anchors and aliases are
 * refused: nobody needs them in ten lines, and a few of them can stand for a gigabyte.
 */
import { createMatcher, InputError } from '@vedette/model';
import { parseExpr } from '@vedette/promql';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { findNearest } from '../../lib/nearest.ts';
import type { RunbookFault } from './runbook-error.ts';
import type { Runbook } from './runbook.ts';

export type FrontMatter = Omit<Runbook, 'id' | 'title' | 'sections' | 'origin' | 'file' | 'markdown'> & {
  readonly id: string | undefined;
  readonly title: string | undefined;
};

export const NO_FRONT_MATTER: FrontMatter = {
  id: undefined,
  title: undefined,
  match: { alertnames: [], labels: {} },
  severity: undefined,
  owner: undefined,
  links: [],
  queries: {},
  reviewed: undefined,
};

// Ten lines are usual. The worst that fits, nested to the end, takes the parser a quarter of a second.
const FRONT_MATTER_CHARS_MAX = 16_384;

// A name, a title, an address: what fits into a line or two.
const TEXT_CHARS_MAX = 1000;

// One runbook for all alerts of a service; far beyond that it is a list of something else.
const ENTRIES_MAX = 100;

// Some dozens of characters are usual; compiling takes more than linear time, and each alert asks all of them.
const PATTERN_CHARS_MAX = 1000;

const KEYS = ['id', 'title', 'match', 'severity', 'owner', 'links', 'queries', 'reviewed', 'weight'];

const RUNBOOK_ID = /^[A-Za-z0-9][\w.-]{0,127}$/;

/** Whether it may stand in the address of a runbook. */
export function isRunbookId(text: string): boolean {
  return RUNBOOK_ID.test(text);
}

/** `lineOffset`: lines of the file before `yaml`. What is wrong is reported, and left out of the result. */
export function parseFrontMatter(
  yaml: string,
  lineOffset: number,
  report: (fault: RunbookFault) => void,
): FrontMatter {
  const lines = new LineCounter();
  const fault: Report = (at, message) => {
    const { line, col } = lines.linePos(at);
    report({ line: line + lineOffset, column: Math.max(1, col), message });
  };
  if (yaml.length > FRONT_MATTER_CHARS_MAX) {
    report({
      line: lineOffset,
      column: 1,
      message: `front matter is too long; got ${yaml.length} characters, want at most ${FRONT_MATTER_CHARS_MAX}`,
    });
    return NO_FRONT_MATTER;
  }
  const root = rootOf(yaml, lines, fault);
  if (root === undefined) return NO_FRONT_MATTER;
  const values = entriesOf(root, KEYS, fault);
  const id = textOf(values.get('id'), 'id', fault);
  if (id !== undefined && !isRunbookId(id))
    fault(startOf(values.get('id')), `id must be letters, digits, _ . - (at most 128); got "${id}"`);
  return {
    id,
    title: textOf(values.get('title'), 'title', fault),
    match: matchOf(values.get('match'), fault),
    severity: textOf(values.get('severity'), 'severity', fault),
    owner: textOf(values.get('owner'), 'owner', fault),
    links: linksOf(values.get('links'), fault),
    queries: queriesOf(values.get('queries'), fault),
    reviewed: dateOf(values.get('reviewed'), fault),
  };
}

/** `at`: the index in the YAML. */
type Report = (at: number, message: string) => void;

function rootOf(yaml: string, lines: LineCounter, fault: Report): unknown {
  try {
    const document = parseDocument(yaml, { lineCounter: lines, prettyErrors: false, logLevel: 'error' });
    for (const { pos, message } of document.errors.slice(0, 1))
      fault(pos[0], `not valid YAML: ${/call stack/i.test(message) ? TOO_DEEP : message}`);
    if (document.errors.length > 0) return undefined;
    let aliasAt: number | undefined;
    visit(document, {
      Node: (_, node) => {
        if (!isAlias(node) && node.anchor === undefined) return undefined;
        aliasAt = startOf(node);
        return visit.BREAK;
      },
    });
    if (aliasAt === undefined) return document.contents ?? undefined;
    fault(aliasAt, 'anchors and aliases are not taken here; write the value out');
  } catch {
    // The parser calls itself for each level.
    fault(0, `not valid YAML: ${TOO_DEEP}`);
  }
  return undefined;
}

const TOO_DEEP = 'it is nested too deeply';

function startOf(node: unknown): number {
  return isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? (node.range?.[0] ?? 0) : 0;
}

/** Values by key; keys that are not among `known` are faults. */
function entriesOf(
  node: unknown,
  known: readonly string[] | undefined,
  fault: Report,
  where = '',
): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>();
  if (node === undefined) return values;
  if (!isMap(node)) {
    fault(
      startOf(node),
      `want ${where === '' ? 'front matter' : where} as keys and values; got ${kindOf(node)}`,
    );
    return values;
  }
  if (node.items.length > ENTRIES_MAX) {
    fault(
      startOf(node),
      `${where === '' ? 'front matter' : where}: got ${node.items.length} keys, want at most ${ENTRIES_MAX}`,
    );
    return values;
  }
  for (const { key, value } of node.items) {
    const name = isScalar(key) && typeof key.value === 'string' ? key.value : undefined;
    if (name === undefined) fault(startOf(key), 'want a key that is a text');
    else if (known !== undefined && !known.includes(name)) fault(startOf(key), unknownKey(name, known));
    // Nothing behind the colon: as if the key were not there.
    else if (value !== null && !(isScalar(value) && value.value === null)) values.set(name, value);
  }
  return values;
}

function unknownKey(name: string, known: readonly string[]): string {
  const nearest = findNearest(name, known);
  const remedy = nearest === undefined ? `want one of ${known.join(', ')}` : `did you mean "${nearest}"?`;
  return `unknown key "${name}"; ${remedy}`;
}

function textOf(node: unknown, where: string, fault: Report): string | undefined {
  if (node === undefined) return undefined;
  if (!isScalar(node) || typeof node.value !== 'string') {
    fault(startOf(node), `${where} must be a text; got ${kindOf(node)}`);
    return undefined;
  }
  const text = node.value.trim();
  if (text !== '' && text.length <= TEXT_CHARS_MAX) return text;
  fault(startOf(node), `${where} must have 1 to ${TEXT_CHARS_MAX} characters; got ${text.length}`);
  return undefined;
}

function kindOf(node: unknown): string {
  if (isMap(node)) return 'keys and values';
  if (isSeq(node)) return 'a list';
  return isScalar(node) ? JSON.stringify(node.value) : 'nothing';
}

function matchOf(node: unknown, fault: Report): Runbook['match'] {
  const values = entriesOf(node, ['alertname', 'labels'], fault, 'match');
  const labels: [string, string][] = [];
  for (const [name, value] of entriesOf(values.get('labels'), undefined, fault, 'match.labels')) {
    const pattern = patternOf(value, `match.labels.${name}`, fault);
    if (pattern !== undefined) labels.push([name, pattern]);
  }
  return { alertnames: namesOf(values.get('alertname'), fault), labels: Object.fromEntries(labels) };
}

/** One name, or a list of them. */
function namesOf(node: unknown, fault: Report): readonly string[] {
  const names = isSeq(node) ? listOf(node, 'match.alertname', fault) : node === undefined ? [] : [node];
  return names.map((name) => textOf(name, 'match.alertname', fault)).filter((name) => name !== undefined);
}

function listOf(node: unknown, where: string, fault: Report): readonly unknown[] {
  if (node === undefined) return [];
  if (!isSeq(node)) fault(startOf(node), `${where} must be a list; got ${kindOf(node)}`);
  else if (node.items.length <= ENTRIES_MAX) return node.items;
  else fault(startOf(node), `${where}: got ${node.items.length} entries, want at most ${ENTRIES_MAX}`);
  return [];
}

function patternOf(node: unknown, where: string, fault: Report): string | undefined {
  const pattern = textOf(node, where, fault);
  if (pattern === undefined) return undefined;
  try {
    if (pattern.length > PATTERN_CHARS_MAX)
      fault(startOf(node), `${where}: got ${pattern.length} characters, want at most ${PATTERN_CHARS_MAX}`);
    else return createMatcher(where, '=~', pattern).value;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    fault(startOf(node), `${where}: ${error.message}`);
  }
  return undefined;
}

function linksOf(node: unknown, fault: Report): Runbook['links'] {
  return listOf(node, 'links', fault).flatMap((link) => {
    const values = entriesOf(link, ['title', 'url'], fault, 'a link');
    const url = textOf(values.get('url'), 'url', fault);
    const title = textOf(values.get('title'), 'title', fault);
    if (!values.has('url') && isMap(link)) fault(startOf(link), 'a link wants a url');
    if (url === undefined) return [];
    if (isWebAddress(url)) return [{ title: title ?? url, url }];
    fault(startOf(values.get('url')), `url must begin with https://, http:// or /; got "${url}"`);
    return [];
  });
}

/** Others could run code in the page that shows them. */
function isWebAddress(url: string): boolean {
  return /^(?:https?:\/\/[^/]|\/(?!\/))/i.test(url) && URL.canParse(url, 'http://localhost');
}

function queriesOf(node: unknown, fault: Report): Readonly<Record<string, string>> {
  const queries: [string, string][] = [];
  for (const [name, value] of entriesOf(node, undefined, fault, 'queries')) {
    const query = textOf(value, `queries.${name}`, fault);
    if (query === undefined) continue;
    try {
      parseExpr(query);
      queries.push([name, query]);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      fault(startOf(value), `queries.${name}: ${error.message}`);
    }
  }
  return Object.fromEntries(queries);
}

function dateOf(node: unknown, fault: Report): string | undefined {
  const text = textOf(node, 'reviewed', fault);
  if (text === undefined) return undefined;
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const date = new Date(`${text}T00:00:00Z`);
    if (!Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)) return text;
  }
  fault(startOf(node), `reviewed must be a date such as 2026-11-01; got "${text}"`);
  return undefined;
}
