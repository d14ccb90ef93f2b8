/**
 * Which runbooks fit an alert, the surest reason first:
 *
 * 1. It is named for the alert: `match.alertname`, or the file's name. Exactly, then without regard to case.
 * 2. The alert's `runbook_url` ends with its id. Addresses of others count, too: who has the runbooks of the Prometheus Operator
 *    in a folder finds them by the links that its alerts have.
 * 3. It has no name, and all its labels fit.
 * 4. Its title has most of the words of the alert's name. Only asked when nothing else fits, since it is a guess.
 *
 * Where names and labels are given both must fit, so that two runbooks can share an alert by its labels.
 */
import { createMatcher, type Matcher } from '@vedette/model';
import type { AlertIdentity, Runbook, RunbookMatch } from './runbook.ts';

// Far enough apart that no number of labels makes a runbook overtake one with a surer reason.
const SCORE = {
  named: 10_000,
  namedInAnyCase: 9000,
  byUrl: 5000,
  byLabels: 1000,
  label: 1,
  byWords: 1,
} as const;

/** A runbook, ready to be asked often. */
export interface IndexedRunbook {
  readonly runbook: Runbook;
  readonly labels: readonly Matcher[];
  /** In lower case: the id, and the names that count: the file's only where no other is given. */
  readonly slug: string;
  readonly names: ReadonlySet<string>;
  /** Of its id, title and names. */
  readonly words: ReadonlySet<string>;
  /** Title, names and text in lower case. */
  readonly head: string;
  readonly body: string;
}

export function indexRunbook(runbook: Runbook): IndexedRunbook {
  const { id, title, match, markdown } = runbook;
  const names = match.alertnames.length > 0 ? match.alertnames : [id];
  return {
    runbook,
    slug: id.toLowerCase(),
    names: new Set(names.map((name) => name.toLowerCase())),
    words: new Set([id, title, ...match.alertnames].flatMap(wordsOf)),
    labels: Object.entries(match.labels).map(([name, pattern]) => createMatcher(name, '=~', pattern)),
    head: [id, title, ...match.alertnames].join('\n').toLowerCase(),
    body: markdown.toLowerCase(),
  };
}

/** The best first; equals with own ones before shipped ones, then by id. */
export function matchRunbooks(
  runbooks: readonly IndexedRunbook[],
  alert: AlertIdentity,
): readonly RunbookMatch[] {
  const slug = slugOf(alert.annotations['runbook_url'] ?? '');
  const sure = runbooks.flatMap((one) => matchOf(one, alert, slug) ?? []);
  return inOrder(sure.length > 0 ? sure : matchByWords(runbooks, alert.labels['alertname'] ?? ''));
}

function matchOf(
  { runbook, labels, slug, names }: IndexedRunbook,
  alert: AlertIdentity,
  urlSlug: string | undefined,
): RunbookMatch | undefined {
  const alertname = alert.labels['alertname'] ?? '';
  const isNamed = alertname !== '' && names.has(alertname.toLowerCase());
  const isByLabels = labels.length > 0 && runbook.match.alertnames.length === 0;
  // Patterns are asked last: they cost the most.
  const isFor =
    (isNamed || isByLabels) &&
    labels.every((matcher) => matcher.matches(valueOf(alert.labels, matcher.name)));
  const bonus = labels.length * SCORE.label;
  if (isFor && isNamed) {
    const { score, why } = nameFit(runbook, alertname);
    return { runbook, score: score + bonus, why: [why, ...labelReasons(labels, alert)] };
  }
  if (urlSlug === slug) return { runbook, score: SCORE.byUrl, why: ['its runbook_url names it'] };
  if (!isFor) return undefined;
  return { runbook, score: SCORE.byLabels + bonus, why: labelReasons(labels, alert) };
}

function nameFit(
  { id, match: { alertnames } }: Runbook,
  alertname: string,
): { readonly score: number; readonly why: string } {
  if (alertnames.includes(alertname)) return { score: SCORE.named, why: 'named for this alert' };
  return alertnames.length === 0 && id === alertname
    ? { score: SCORE.named, why: 'its file has the name of this alert' }
    : { score: SCORE.namedInAnyCase, why: 'named for this alert, but for capitals' };
}

function labelReasons(matchers: readonly Matcher[], { labels }: AlertIdentity): readonly string[] {
  return matchers.map(
    ({ name, value }) => `${name}=${JSON.stringify(valueOf(labels, name))} matches ${JSON.stringify(value)}`,
  );
}

/** A label that is missing is empty, also one with the name of a member that every object has. */
function valueOf(labels: AlertIdentity['labels'], name: string): string {
  return Object.hasOwn(labels, name) ? (labels[name] ?? '') : '';
}

/** `highcpu` of `https://runbooks.example.org/node/HighCPU.md/?q#x`. */
function slugOf(url: string): string | undefined {
  const last = url
    .replace(/[?#].*$/s, '')
    .split('/')
    .findLast((part) => part !== '');
  const slug = last?.replace(/\.(?:md|html?)$/i, '').toLowerCase();
  return slug === undefined || slug === '' ? undefined : slug;
}

// "Host disk full" is about two of the three words of "Host disk almost full".
const SHARE_MIN = 0.6;
const WORDS_MIN = 2;

function matchByWords(runbooks: readonly IndexedRunbook[], alertname: string): readonly RunbookMatch[] {
  const words = new Set(wordsOf(alertname));
  if (words.size < WORDS_MIN) return [];
  return runbooks.flatMap(({ runbook, words: known }) => {
    const common = [...words].filter((word) => known.has(word));
    if (common.length < WORDS_MIN || common.length / words.size < SHARE_MIN) return [];
    const score = SCORE.byWords * (common.length / Math.max(words.size, known.size));
    return [{ runbook, score, why: [`a like name: ${common.join(', ')}`] }];
  });
}

/** `host`, `disk`, `io` of `HostDiskIO` and of `host_disk-io`. */
function wordsOf(name: string): readonly string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word.length > 1);
}

// What people type into a field; each word is looked for in every text.
const WORDS_MAX = 16;

/** Those that have every word; where it stands counts more than how often. */
export function searchRunbooks(runbooks: readonly IndexedRunbook[], text: string): readonly RunbookMatch[] {
  const words = [...new Set(text.toLowerCase().split(/\s+/).filter(Boolean))].slice(0, WORDS_MAX);
  if (words.length === 0) return [];
  const found = runbooks.flatMap(({ runbook, head, body }) => {
    const inHead = words.filter((word) => head.includes(word));
    const inBody = words.filter((word) => !inHead.includes(word) && body.includes(word));
    if (inHead.length + inBody.length < words.length) return [];
    const isName = head.split('\n').includes(words.join(' '));
    const why = [
      ...(inHead.length > 0 ? [`its name or title has ${inHead.join(', ')}`] : []),
      ...(inBody.length > 0 ? [`its text has ${inBody.join(', ')}`] : []),
    ];
    return [{ runbook, score: 10 * inHead.length + inBody.length + (isName ? 100 : 0), why }];
  });
  return inOrder(found);
}

function inOrder(matches: readonly RunbookMatch[]): readonly RunbookMatch[] {
  return [...matches].sort(
    (a, b) =>
      b.score - a.score ||
      Number(a.runbook.origin === 'shipped') - Number(b.runbook.origin === 'shipped') ||
      (a.runbook.id < b.runbook.id ? -1 : 1),
  );
}
