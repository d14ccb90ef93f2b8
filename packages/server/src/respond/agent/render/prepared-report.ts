/** A report in every form that a channel may want. */
import type { AnalysisReport } from '@vedette/api';
import {
  PREPARED_BRIEF_BYTES_MAX,
  PREPARED_NOTE_BYTES_MAX,
  type PreparedMessage,
} from '../../../alert/index.ts';
import { dingtalkOf } from './dingtalk-card.ts';
import { feishuCardOf } from './feishu-card.ts';
import { outlineOf } from './outline.ts';
import { LEAST } from './outline-limits.ts';
import { slackCardOf } from './slack-card.ts';
import { textOf } from './text.ts';

export interface PreparedReportOptions {
  /** Where links lead; without a slash at the end. */
  readonly externalUrl: string;
  /** The receiver hears of the alerts by their route, too. */
  readonly isFollowUp: boolean;
}

export function preparedReport(
  report: AnalysisReport,
  { externalUrl, isFollowUp }: PreparedReportOptions,
): PreparedMessage {
  const { title, link, path } = outlineOf(report, { externalUrl, limits: LEAST });
  const short = (bytesMax: number): string => textOf(report, { externalUrl, bytesMax, isUntitled: true });
  return {
    title,
    text: textOf(report, { externalUrl }),
    note: short(PREPARED_NOTE_BYTES_MAX),
    brief: short(PREPARED_BRIEF_BYTES_MAX),
    link,
    path,
    isFollowUp,
    slackBlocks: slackCardOf(report, { externalUrl }),
    feishuCard: feishuCardOf(report, { externalUrl }),
    dingtalkCard: dingtalkOf(report, { externalUrl }),
    details: { analysis: report },
  };
}
