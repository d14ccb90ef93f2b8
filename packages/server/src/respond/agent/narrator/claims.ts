/**
 * What of a model's answer may be shown. A claim stands when
 *
 * 1. it names at least one piece of evidence, and every id it names exists (`report` is the report beside its list);
 * 2. each number in it stands in the report or in a result of a tool that it names, as far as rounding and units allow;
 * 3. each word with a digit in it (`db-1:9100`, `p99`), each time of day, each text in quotes (double ones, of any language)
 *    and each address stands there, too.
 *
 * Everything else is dropped and counted. The text of the narrative is made of the claims that stand, one after the other:
 * what a model writes beside them is shown to nobody, because nothing says what it rests on. Not checked is what has no
 * number and no quotes: that a claim follows from its evidence is for the reader to judge, who has both.
 */
import type { AnalysisNarrative, AnalysisReport } from '@vedette/api';
import { z } from 'zod';
import { printable } from '../../../lib/printable.ts';
import { agrees, measured, parseQuantity, parseSpan, type Quantity } from './quantities.ts';
import { isoOf } from './report-view.ts';

// More is a second report.
export const CLAIMS_MAX = 20;

// Each is compared with every number of the report and of what tools found. An answer at its limit of bytes has room for
// fifty thousand, which would hold the server for a minute.
const CLAIMS_READ_MAX = 100;

// Two sentences; longer ones are cut off by nobody, they are dropped.
const CLAIM_CHARS_MAX = 700;

// More points nowhere.
const CLAIM_EVIDENCE_MAX = 20;

/** The id for what the report says outside of its list of evidence: of the alert itself, its severity, its gaps. */
export const REPORT_ID = 'report';

export type Claim = AnalysisNarrative['claims'][number];

const answerSchema = z.object({
  claims: z.array(z.object({ text: z.string(), evidence: z.array(z.string()) })),
});

/** A result of a tool, as the tool gave it. */
export interface ToolFinding {
  /** `t1`, `t2`, … */
  readonly id: string;
  readonly text: string;
}

export interface CheckedAnswer {
  readonly claims: readonly Claim[];
  readonly droppedCount: number;
}

/**
 * The object in what a model said, also between words or marks of code, and after a draft of it: models that think aloud write
 * one. `undefined`: there is none of this form.
 */
export function parseAnswer(text: string): readonly Claim[] | undefined {
  const last = [...text.matchAll(/\{\s*"claims"/g)].at(-1)?.index ?? -1;
  return parseFrom(text, text.indexOf('{')) ?? parseFrom(text, last);
}

function parseFrom(text: string, begin: number): readonly Claim[] | undefined {
  const end = text.lastIndexOf('}');
  if (begin < 0 || end < begin) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text.slice(begin, end + 1));
  } catch {
    return undefined;
  }
  const read = answerSchema.safeParse(value);
  return read.success ? read.data.claims : undefined;
}

export function checkClaims(
  claims: readonly Claim[],
  facts: { readonly report: AnalysisReport; readonly findings: readonly ToolFinding[] },
): CheckedAnswer {
  const known = factsOf(facts.report, facts.findings);
  const stand: Claim[] = [];
  for (const { text, evidence } of claims.slice(0, CLAIMS_READ_MAX)) {
    if (stand.length >= CLAIMS_MAX) break;
    const claim = { text: cleanText(text), evidence: [...new Set(evidence)] };
    if (isSupported(claim, known)) stand.push(claim);
  }
  return { claims: stand, droppedCount: claims.length - stand.length };
}

/** One source of numbers and words. */
interface Facts {
  readonly quantities: readonly Quantity[];
  /** All texts, in lower case. */
  readonly words: string;
}

interface Known {
  readonly ids: ReadonlySet<string>;
  readonly report: Facts;
  readonly findings: ReadonlyMap<string, Facts>;
}

function factsOf(report: AnalysisReport, findings: readonly ToolFinding[]): Known {
  return {
    ids: new Set([REPORT_ID, ...report.evidence.map(({ id }) => id), ...findings.map(({ id }) => id)]),
    report: reportFacts(report),
    findings: new Map(findings.map(({ id, text }) => [id, textFacts([text])])),
  };
}

function isSupported({ text, evidence }: Claim, known: Known): boolean {
  if (text === '' || text.length > CLAIM_CHARS_MAX) return false;
  if (evidence.length === 0 || evidence.length > CLAIM_EVIDENCE_MAX) return false;
  if (!evidence.every((id) => known.ids.has(id))) return false;
  const named = evidence.flatMap((id) => known.findings.get(id) ?? []);
  const sources = [known.report, ...named];
  return (
    quotedIn(text).every((quoted) => sources.some(({ words }) => words.includes(quoted))) &&
    tokensOf(text).every((token) => known.ids.has(token.text) || isTokenKnown(token, sources))
  );
}

/** Addresses of all kinds count as quoted: a link that the report does not have leads where nobody here meant to. */
function quotedIn(text: string): string[] {
  const quotes = [...text.matchAll(/["`“”„«»「」『』]([^"`“”„«»「」『』]{2,})["`“”„«»「」『』]/g)].map(
    ([, quoted = '']) => quoted,
  );
  const addresses = [...text.matchAll(/\b[a-z][a-z0-9+.-]*:\/\/[^\s)>\]"'`]+|\bwww\.[^\s)>\]]+/gi)].map(
    ([found]) => found.replace(/[.,;:!?]+$/, ''),
  );
  return [...quotes, ...addresses].map(squeezed);
}

interface Token {
  readonly text: string;
  readonly nextWord: string;
}

const OPENING = new Set('("\'`“”„«»「」『』[{*_<~≈');
const CLOSING = new Set(')"\'`“”„«»「」『』]}*_>,.;:!?…');

/** Without what stands around a word. In one pass: texts of telemetry may be thousands of dots. */
function bareOf(word: string): string {
  const bare = withoutEdges(word);
  return /['’]s$/.test(bare) ? withoutEdges(bare.slice(0, -2)) : bare;
}

function withoutEdges(word: string): string {
  let [from, until] = [0, word.length];
  while (from < until && OPENING.has(word.charAt(from))) from++;
  while (from < until && CLOSING.has(word.charAt(until - 1))) until--;
  return word.slice(from, until);
}

/** Words with a digit, without what stands around them. */
function tokensOf(text: string): Token[] {
  const words = text.split(/[\s\u00a0\u202f]+/);
  return words.flatMap((word, i) => {
    const bare = bareOf(word);
    const nextWord = bareOf(words[i + 1] ?? '');
    return /\p{N}/u.test(bare) ? [{ text: bare, nextWord }] : [];
  });
}

function isTokenKnown({ text, nextWord }: Token, sources: readonly Facts[]): boolean {
  const quantities = [parseQuantity(text, nextWord), parseSpan(text)].filter((one) => one !== undefined);
  if (quantities.length > 0)
    return sources.some((source) =>
      quantities.some((written) => source.quantities.some((known) => agrees(written, known))),
    );
  const wanted = squeezed(text);
  if (sources.some(({ words }) => hasWord(words, wanted))) return true;
  // `0.01→0.05`, `3/4`, `[e1,e2]`: each part for itself.
  const parts = text.split(/[→–/,|]|\.\.\.?|->/).map(bareOf);
  return (
    parts.length > 1 &&
    parts.every(
      (part) => !/\p{N}/u.test(part) || (part !== text && isTokenKnown({ text: part, nextWord }, sources)),
    )
  );
}

/** Not as a part of a longer word: `p9` is not in `p99`. */
function hasWord(words: string, wanted: string): boolean {
  for (let at = words.indexOf(wanted); at >= 0; at = words.indexOf(wanted, at + 1))
    if (!/[\p{L}\p{N}]/u.test(words[at - 1] ?? '') && !/[\p{L}\p{N}]/u.test(words[at + wanted.length] ?? ''))
      return true;
  return false;
}

/** Bookkeeping: not about the alert. */
const NOT_FACTS: ReadonlySet<string> = new Set([
  'version',
  'id',
  'tookMs',
  'narrative',
  'links',
  'link',
  'fingerprint',
]);

function reportFacts(report: AnalysisReport): Facts {
  const texts: string[] = [];
  const numbers: number[] = [];
  collect(report, '', { texts, numbers });
  const sinceMs = [report.subject.startsAtMs, report.change?.firstDeviationMs ?? NaN];
  const spans = sinceMs.filter(Number.isFinite).map((atMs) => (report.createdAtMs - atMs) / 1000);
  const facts = textFacts(texts);
  const counts = [report.evidence.length, report.relatedAlerts.length, report.relatedSeries.length];
  return {
    words: facts.words,
    quantities: [
      ...facts.quantities,
      ...[...numbers, ...counts].map(measured),
      // `for 12 minutes`: each unit that people would choose.
      ...spans.flatMap((seconds) => [seconds, seconds / 60, seconds / 3600, seconds / 86_400]).map(measured),
    ],
  };
}

function collect(
  value: unknown,
  field: string,
  into: { readonly texts: string[]; readonly numbers: number[] },
): void {
  if (typeof value === 'string') into.texts.push(value);
  else if (typeof value === 'number') {
    if (field.endsWith('Ms') && value > 1e11) into.texts.push(...timesOf(value));
    else into.numbers.push(value);
  } else if (Array.isArray(value)) for (const one of value) collect(one, field, into);
  else if (typeof value === 'object' && value !== null)
    for (const [name, one] of Object.entries(value)) {
      into.texts.push(name);
      if (!NOT_FACTS.has(name)) collect(one, name, into);
    }
}

/** `2026-11-22T10:00:30Z`, `2026-11-22`, `10:00:30`, `10:00`. */
function timesOf(atMs: number): string[] {
  const iso = isoOf(atMs);
  const [date = '', clock = ''] = iso.replace('Z', '').split('T');
  return [
    iso,
    date,
    clock,
    clock.slice(0, 5),
    `${date}T${clock.slice(0, 5)}Z`,
    `${clock}Z`,
    `${clock.slice(0, 5)}Z`,
  ];
}

function textFacts(texts: readonly string[]): Facts {
  const all = texts.join('\n');
  const quantities = all.split(/[\s|=:"',;(){}[\]<>/]+/).flatMap((word, i, words) => {
    if (!/\d/.test(word)) return [];
    const bare = bareOf(word);
    return [parseQuantity(bare, words[i + 1]), parseSpan(bare)].filter((one) => one !== undefined);
  });
  // `1,500` is also one number, where the comma was taken for the end of one.
  const grouped = all.match(/(?<![\d,.])\d{1,3}(?:,\d{3})+(?![\d,])(?:\.\d+)?/g) ?? [];
  quantities.push(...grouped.flatMap((number) => parseQuantity(number) ?? []));
  return { words: squeezed(all), quantities };
}

function squeezed(text: string): string {
  return text.toLowerCase().replaceAll(/\s+/g, ' ').trim();
}

/** On one line, and without characters that nobody sees. */
function cleanText(text: string): string {
  return printable(text.toWellFormed())
    .replaceAll(/\p{Cf}/gu, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
