/** A report in every form that a channel may want. */
import type { AnalysisReport } from '@vedette/api';
import {
  PREPARED_BRIEF_BYTES_MAX,
  PREPARED_NOTE_BYTES_MAX,
  type PreparedMessage,
} from '../../../alert/index.ts';
import { dingtalkOf } from './dingtalk-card.ts';
import { feishuCardOf } from './feishu-card.ts';
import { outlineOf, type OutlineOptions } from './outline.ts';
import { LEAST } from './outline-limits.ts';
import { slackCardOf } from './slack-card.ts';
import { textOf } from './text.ts';
import { countText } from './words.ts';

export interface PreparedReportOptions {
  /** Where links lead; without a slash at the end. */
  readonly externalUrl: string;
  /** The receiver hears of the alerts by their route, too. */
  readonly isFollowUp: boolean;
  /** Reports that were left out before this one, to keep a limit. */
  readonly heldBackCount?: number | undefined;
}

export function preparedReport(
  report: AnalysisReport,
  { externalUrl, isFollowUp, heldBackCount = 0 }: PreparedReportOptions,
): PreparedMessage {
  const remark =
    heldBackCount === 0
      ? undefined
      : `${countText(heldBackCount, ['report', 'reports'])} before this one were not sent (agent.notify_max_per_hour).`;
  return new PreparedReport(report, { externalUrl, remark }, isFollowUp);
}

/** A receiver's channels want one form or two of all: each is made when it is asked for. */
class PreparedReport implements PreparedMessage {
  readonly title: string;
  readonly link: string;
  readonly path: string;
  readonly isFollowUp: boolean;
  readonly #report: AnalysisReport;
  readonly #options: Omit<OutlineOptions, 'limits'>;

  constructor(report: AnalysisReport, options: Omit<OutlineOptions, 'limits'>, isFollowUp: boolean) {
    this.#report = report;
    this.#options = options;
    this.isFollowUp = isFollowUp;
    const { title, link, path } = outlineOf(report, { ...options, limits: LEAST });
    [this.title, this.link, this.path] = [title, link, path];
  }

  get text(): string {
    return textOf(this.#report, this.#options);
  }

  get note(): string {
    return textOf(this.#report, { ...this.#options, bytesMax: PREPARED_NOTE_BYTES_MAX, isUntitled: true });
  }

  get brief(): string {
    return textOf(this.#report, { ...this.#options, bytesMax: PREPARED_BRIEF_BYTES_MAX, isUntitled: true });
  }

  get slackBlocks(): PreparedMessage['slackBlocks'] {
    return slackCardOf(this.#report, this.#options);
  }

  get feishuCard(): PreparedMessage['feishuCard'] {
    return feishuCardOf(this.#report, this.#options);
  }

  get dingtalkCard(): PreparedMessage['dingtalkCard'] {
    return dingtalkOf(this.#report, this.#options);
  }

  get details(): PreparedMessage['details'] {
    if (isSmall(this.#report)) return { analysis: this.#report };
    return { analysis: null, analysisError: `the report is too large for a message; it is at ${this.link}` };
  }
}

// Ten times what a full report of an ordinary server has; services refuse bodies of some megabytes.
const DATA_CHARS_MAX = 500_000;

/** Whether its texts and lists together stay below the limit; counts no further than that. */
function isSmall(report: AnalysisReport): boolean {
  let chars = 0;
  const open: unknown[] = [report];
  for (let one = open.pop(); one !== undefined && chars <= DATA_CHARS_MAX; one = open.pop()) {
    // Keys, quotation marks and numbers, roughly.
    chars += 20;
    if (typeof one === 'string') chars += one.length;
    else if (typeof one === 'object' && one !== null)
      open.push(...Object.values(one).map((value: unknown) => value ?? null));
  }
  return chars <= DATA_CHARS_MAX;
}
