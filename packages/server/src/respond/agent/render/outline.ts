/**
 * What a report says, in order, before it becomes text of a kind: a headline, facts, and sections of lines. All forms are
 * made of it, so that none says more than another, and what is left out is said in the same words everywhere.
 *
 * A line is made of parts. Parts hold what was measured and what others wrote, as one line each, without controls; what
 * it looks like, and how it is escaped, is the form's business.
 */
import type { AnalysisReport, Evidence, Priority } from '@vedette/api';
import { PREPARED_TITLE_CHARS_MAX } from '../../../alert/index.ts';
import { analysisPath } from '../links.ts';
import type { OutlineLimits, SectionKey } from './outline-limits.ts';
import {
  addressOf,
  countText,
  labelsText,
  oneLine,
  ratioText,
  spanText,
  timeText,
  valueText,
} from './words.ts';

export type Part =
  | string
  | { readonly strong: string }
  | { readonly code: string }
  | { readonly label: string; readonly url: string };
export type Line = readonly Part[];

export interface OutlineSection {
  readonly heading: string;
  readonly lines: readonly Line[];
  /** `3 more related series`; `undefined`: all are there. */
  readonly rest: string | undefined;
}

export interface Outline {
  readonly title: string;
  readonly priority: Priority;
  readonly isFiring: boolean;
  readonly headline: string;
  readonly facts: readonly { readonly name: string; readonly value: Line }[];
  readonly sections: readonly OutlineSection[];
  /** Sections of which nothing is shown: `12 pieces of evidence`. */
  readonly notShown: readonly string[];
  /** Where all of it is. */
  readonly link: string;
  /** The same as a path of our own pages. */
  readonly path: string;
  /** Others, each once; at most `limits.links`. */
  readonly links: readonly { readonly label: string; readonly url: string }[];
  /** How it was made. */
  readonly origin: string;
}

export interface OutlineOptions {
  /** Without a slash at the end. */
  readonly externalUrl: string;
  /** A sentence beside how it was made: of who sends it. */
  readonly remark?: string | undefined;
  readonly limits: OutlineLimits;
}

// What a screen shows of the labels of one alert.
const LABELS_SHOWN_MAX = 12;

// Names in one fact; the page has all.
const NAMES_SHOWN_MAX = 5;

export function outlineOf(report: AnalysisReport, options: OutlineOptions): Outline {
  const scribe = new Scribe(report, options);
  const sections = scribe.sections();
  const path = analysisPath(report.subject.fingerprint);
  return {
    title: titleOf(report),
    priority: report.severity.priority,
    isFiring: report.subject.state === 'firing',
    headline: scribe.text(report.headline),
    facts: scribe.facts(),
    sections: sections.flatMap(({ section }) => section ?? []),
    notShown: sections.flatMap(({ notShown }) => notShown ?? []),
    path,
    link: options.externalUrl + path,
    links: scribe.links(),
    origin: `Report ${oneLine(report.id, 60)}, made ${timeText(report.createdAtMs)} in ${spanText(report.tookMs)} from measurements.${options.remark === undefined ? '' : ` ${options.remark}`}`,
  };
}

/** `P1 critical: HighErrorRate (3 alerts)`. */
function titleOf({ severity, subject }: AnalysisReport): string {
  const state = subject.state === 'resolved' ? ', resolved' : '';
  const count = subject.alertCount > 1 ? ` (${subject.alertCount} alerts)` : '';
  const head = `${severity.priority} ${severity.level}${state}: `;
  return head + oneLine(subject.name, PREPARED_TITLE_CHARS_MAX - head.length - count.length) + count;
}

/** A section, or what is said of it when none of it is shown. */
interface Drafted {
  readonly section?: OutlineSection;
  readonly notShown?: string;
}

interface Draft<T> {
  readonly key: SectionKey;
  readonly heading: string;
  readonly nouns: readonly [string, string];
  readonly of: readonly T[];
  readonly line: (one: T) => Line;
}

class Scribe {
  readonly #report: AnalysisReport;
  readonly #options: OutlineOptions;

  constructor(report: AnalysisReport, options: OutlineOptions) {
    this.#report = report;
    this.#options = options;
  }

  text(text: string): string {
    return oneLine(text, this.#options.limits.lineCharsMax);
  }

  facts(): Outline['facts'] {
    const { subject, severity, blastRadius: blast, createdAtMs } = this.#report;
    const { targets, traffic, users } = blast;
    const age =
      createdAtMs > subject.startsAtMs
        ? `, ${spanText(createdAtMs - subject.startsAtMs)} before this report`
        : '';
    const reasons = severity.reasons.slice(0, this.#options.limits.counts.reasons);
    const named = (name: string, text: string): Outline['facts'] =>
      text === '' ? [] : [{ name, value: [this.text(text)] }];
    const labels = labelsText(subject.labels, LABELS_SHOWN_MAX);
    const all = [
      ...named('Since', timeText(subject.startsAtMs) + age),
      ...named('Affected', blast.text),
      ...named('Services', namesText(blast.services)),
      ...named(
        'Targets down',
        targets.down.length === 0 ? '' : `${namesText(targets.down)} (of ${targets.total})`,
      ),
      ...named('Traffic', traffic === null ? '' : trafficText(traffic)),
      ...named('Users', users === null ? '' : users.text),
      ...named('Severity', severityText(severity.score, reasons)),
      ...(labels === '' ? [] : [{ name: 'Labels', value: [{ code: this.text(labels) }] }]),
    ];
    return all.slice(0, this.#options.limits.facts);
  }

  sections(): readonly Drafted[] {
    const { change, suspects, nextSteps, runbooks, relatedAlerts, relatedSeries, evidence, gaps, narrative } =
      this.#report;
    return [
      this.#drafted({
        key: 'change',
        heading: 'What changed',
        nouns: ['change', 'changes'],
        of: change === null ? [] : [change],
        line: (one) => this.#changeLine(one),
      }),
      this.#drafted({
        key: 'suspects',
        heading: 'Possible causes',
        nouns: ['possible cause', 'possible causes'],
        of: suspects,
        line: (one) => this.#suspectLine(one),
      }),
      this.#drafted({
        key: 'steps',
        heading: 'Next steps',
        nouns: ['step', 'steps'],
        of: nextSteps,
        line: (one) => this.#stepLine(one),
      }),
      this.#drafted({
        key: 'runbooks',
        heading: 'Runbooks',
        nouns: ['runbook', 'runbooks'],
        of: runbooks,
        line: (one) => this.#runbookLine(one),
      }),
      this.#drafted({
        key: 'alerts',
        heading: 'Related alerts',
        nouns: ['related alert', 'related alerts'],
        of: relatedAlerts,
        line: (one) => this.#alertLine(one),
      }),
      this.#drafted({
        key: 'series',
        heading: 'Related series',
        nouns: ['related series', 'related series'],
        of: relatedSeries,
        line: (one) => this.#seriesLine(one),
      }),
      this.#drafted({
        key: 'gaps',
        heading: 'What is missing',
        nouns: ['thing that could not be looked at', 'things that could not be looked at'],
        of: gaps,
        line: ({ what, why }) => [this.text(`${what}: ${why}`)],
      }),
      this.#narrativeOf(narrative),
      this.#drafted({
        key: 'evidence',
        heading: 'Evidence',
        nouns: ['piece of evidence', 'pieces of evidence'],
        of: evidence,
        line: (one) => this.#evidenceLine(one),
      }),
    ];
  }

  links(): Outline['links'] {
    const { links, runbooks } = this.#report;
    const all = [
      ...runbooks.slice(0, 1).map(({ title, link }) => ({ label: `Runbook: ${title}`, url: link })),
      ...links,
    ];
    const byUrl = new Map<string, string>();
    for (const { label, url } of all) {
      const address = addressOf(url, this.#options.externalUrl);
      if (address !== undefined && !byUrl.has(address)) byUrl.set(address, oneLine(label, 60) || 'Link');
    }
    return [...byUrl].slice(0, this.#options.limits.links).map(([url, label]) => ({ label, url }));
  }

  #drafted<T>({ key, heading, nouns, of, line }: Draft<T>): Drafted {
    const count = this.#options.limits.counts[key];
    if (of.length === 0) return {};
    if (count === 0) return { notShown: countText(of.length, nouns) };
    const rest = of.length - count;
    const more = rest > 0 ? countText(rest, [`more ${nouns[0]}`, `more ${nouns[1]}`]) : undefined;
    return { section: { heading, lines: of.slice(0, count).map(line), rest: more } };
  }

  #changeLine(change: NonNullable<AnalysisReport['change']>): Line {
    const ratio = change.ratio === null ? '' : `, ratio ${valueText(change.ratio)}`;
    const since =
      change.firstDeviationMs === null ? '' : `, first off at ${timeText(change.firstDeviationMs)}`;
    const numbers = `now ${valueText(change.now)}, before ${valueText(change.before)}${ratio}${since}`;
    return [this.text(change.text), ` (${numbers}): `, { code: this.text(change.expr) }];
  }

  #suspectLine(suspect: AnalysisReport['suspects'][number]): Line {
    const { entity, kind, confidence, text, evidenceFor, evidenceAgainst } = suspect;
    const pointers = [
      ...(evidenceFor.length === 0 ? [] : [`for: ${idsText(evidenceFor)}`]),
      ...(evidenceAgainst.length === 0 ? [] : [`against: ${idsText(evidenceAgainst)}`]),
    ].join('; ');
    return [
      { strong: this.text(entity) },
      ` (${kind}, confidence ${ratioText(confidence)}): `,
      this.text(text),
      pointers === '' ? '' : ` [${pointers}]`,
    ];
  }

  #stepLine({ text, query, command, link, source }: AnalysisReport['nextSteps'][number]): Line {
    const said = this.text(text);
    const codes = this.#codes(query, command);
    return [
      said,
      // A question has its mark already.
      ...(/[?？]$/.test(said) && codes.length > 0 ? [' ', ...codes.slice(1)] : codes),
      ...this.#linkParts('open', link),
      ` (${oneLine(source, 60)})`,
    ];
  }

  #runbookLine({ title, why, link }: AnalysisReport['runbooks'][number]): Line {
    const url = addressOf(link, this.#options.externalUrl);
    const label = this.text(title) || 'Runbook';
    const reason = why.length === 0 ? '' : ` (${this.text(why.join(', '))})`;
    return [url === undefined ? label : { label, url }, reason];
  }

  #alertLine({ name, labels, startsAtMs, text }: AnalysisReport['relatedAlerts'][number]): Line {
    const pairs = labelsText(labels, 4);
    return [
      { strong: this.text(name) },
      ...(pairs === '' ? [] : [' ', { code: this.text(pairs) }]),
      ` since ${timeText(startsAtMs)}: `,
      this.text(text),
    ];
  }

  #seriesLine(series: AnalysisReport['relatedSeries'][number]): Line {
    const { query, direction, now, before, score, firstDeviationMs, otherCount } = series;
    const since = firstDeviationMs === null ? '' : `, from ${timeText(firstDeviationMs)} on`;
    const others = otherCount === 0 ? '' : `; and ${otherCount} more of this metric`;
    return [
      { code: this.text(query) },
      ` ${direction}: ${valueText(now)}${since}, before ${valueText(before)}: ${valueText(score)} interquartile ranges off${others}`,
    ];
  }

  #evidenceLine({ id, kind, text, query, value, baseline, link }: Evidence): Line {
    const against = baseline === null ? '' : ` against ${valueText(baseline)}`;
    const numbers = value === null && baseline === null ? '' : ` (${valueText(value)}${against})`;
    return [
      { strong: oneLine(id, 20) },
      ` ${kind}: `,
      this.text(text),
      numbers,
      ...this.#codes(query, null),
      ...this.#linkParts('open', link),
    ];
  }

  /** What a model wrote is told apart from what was measured. */
  #narrativeOf(narrative: AnalysisReport['narrative']): Drafted {
    if (narrative === null) return {};
    const { text, claims, model, droppedClaimCount } = narrative;
    const paragraphs = text.split(/\n+/).filter((paragraph) => paragraph.trim() !== '');
    return this.#drafted({
      key: 'narrative',
      heading: `In the words of a model (${oneLine(model, 60)}); measured is what stands above`,
      nouns: ['paragraph of a model', 'paragraphs of a model'],
      of: [
        ...paragraphs.map((paragraph): Line => [this.text(paragraph)]),
        ...claims.map((claim): Line => [
          this.text(claim.text),
          claim.evidence.length === 0 ? '' : ` [${idsText(claim.evidence)}]`,
        ]),
        ...(droppedClaimCount === 0
          ? []
          : [[`${countText(droppedClaimCount, ['claim', 'claims'])} without evidence left out.`]]),
      ],
      line: (line) => line,
    });
  }

  #codes(...texts: readonly (string | null)[]): Line {
    return texts.flatMap((text) => (text === null || text === '' ? [] : [': ', { code: this.text(text) }]));
  }

  #linkParts(label: string, link: string | null): Line {
    const { limits, externalUrl } = this.#options;
    const url = limits.links === 0 ? undefined : addressOf(link, externalUrl);
    return url === undefined ? [] : [' ', { label, url }];
  }
}

function severityText(score: number, reasons: AnalysisReport['severity']['reasons']): string {
  const told = reasons.map(({ text, points }) => `${text} (${signed(points)})`);
  return [`score ${valueText(score)}`, ...(told.length === 0 ? [] : [told.join('; ')])].join(': ');
}

function trafficText(traffic: NonNullable<AnalysisReport['blastRadius']['traffic']>): string {
  const { requestsPerSecond, shareRatio, errorRatio } = traffic;
  return [
    `${valueText(requestsPerSecond)} requests/s`,
    ...(shareRatio === null ? [] : [`${ratioText(shareRatio)} of all`]),
    ...(errorRatio === null ? [] : [`${ratioText(errorRatio)} errors`]),
  ].join(', ');
}

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, NAMES_SHOWN_MAX);
  const rest = names.length - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${rest} more` : '');
}

function idsText(ids: readonly string[]): string {
  return namesText(ids.map((id) => oneLine(id, 20)));
}

function signed(points: number): string {
  return points > 0 ? `+${valueText(points)}` : valueText(points);
}
