/** A report as an action card of DingTalk: Markdown with buttons that are links. It can mention nobody. */
import type { AnalysisReport } from '@vedette/api';
import { PREPARED_CARD_BYTES_MAX } from '../../../alert/index.ts';
import { fitted, jsonBytesOf } from './fitted.ts';
import { DINGTALK, markedLine } from './marks.ts';
import { outlineOf, type Outline, type OutlineOptions, type OutlineSection } from './outline.ts';
import { CARD, LEAST, SHORT } from './outline-limits.ts';

type Card = Readonly<Record<string, unknown>>;

export function dingtalkOf(report: AnalysisReport, options: Omit<OutlineOptions, 'limits'>): Card {
  return fitted(
    [CARD, SHORT, LEAST],
    (limits) => cardOf(outlineOf(report, { ...options, limits })),
    (card) => jsonBytesOf(card) <= PREPARED_CARD_BYTES_MAX,
  );
}

function cardOf(outline: Outline): Card {
  const { title, headline, facts, sections, notShown, link, links, origin } = outline;
  const blocks = [
    `### ${DINGTALK.text(title)}`,
    ...(headline === '' ? [] : [DINGTALK.strong(headline)]),
    facts.map(({ name, value }) => `- ${DINGTALK.strong(name)}: ${markedLine(DINGTALK, value)}`).join('\n'),
    ...sections.map((section) => sectionText(section, link)),
    ...(notShown.length === 0 ? [] : [DINGTALK.text(`Not shown here: ${notShown.join(', ')}.`)]),
    `> ${DINGTALK.text(origin)}`,
  ];
  return {
    title,
    text: blocks.join('\n\n'),
    // One below the other: side by side only the first words of a button are seen.
    btnOrientation: '0',
    btns: [{ label: 'Open in Vedette', url: link }, ...links].map((button) => ({
      title: button.label,
      actionURL: button.url,
    })),
  };
}

function sectionText({ heading, lines, rest }: OutlineSection, link: string): string {
  return [
    `#### ${DINGTALK.text(heading)}`,
    '',
    ...lines.map((line) => `- ${markedLine(DINGTALK, line)}`),
    ...(rest === undefined ? [] : [`- ${DINGTALK.link(rest, link)}`]),
  ].join('\n');
}
