/** A report as Markdown: for pages, tickets, and assistants. */
import type { AnalysisReport } from '@vedette/api';
import { fitted } from './fitted.ts';
import { MARKDOWN, markedLine } from './marks.ts';
import { outlineOf, type Outline } from './outline.ts';
import { CARD, LEAST, SHORT, WHOLE } from './outline-limits.ts';

// What GitHub takes as the text of an issue, 65,536 characters, in bytes.
const MARKDOWN_BYTES_MAX = 65_000;

export interface MarkdownOptions {
  /** Where links lead; without a slash at the end. */
  readonly externalUrl: string;
}

export function markdownOf(report: AnalysisReport, { externalUrl }: MarkdownOptions): string {
  return fitted(
    [WHOLE, CARD, SHORT, LEAST],
    (limits) => written(outlineOf(report, { externalUrl, limits })),
    (text) => Buffer.byteLength(text) <= MARKDOWN_BYTES_MAX,
  );
}

function written({ title, headline, facts, sections, notShown, link, links, origin }: Outline): string {
  const text = (plain: string): string => MARKDOWN.text(plain);
  const all = MARKDOWN.link('Open in Vedette', link);
  const blocks = [
    `## ${text(title)}`,
    MARKDOWN.strong(headline),
    facts.map(({ name, value }) => `- **${text(name)}:** ${markedLine(MARKDOWN, value)}`).join('\n'),
    ...sections.map(({ heading, lines, rest }) =>
      [
        `### ${text(heading)}`,
        '',
        ...lines.map((line) => `- ${markedLine(MARKDOWN, line)}`),
        ...(rest === undefined ? [] : [`- ${text(rest)}: ${all}`]),
      ].join('\n'),
    ),
    notShown.length === 0 ? '' : text(`Not shown here: ${notShown.join(', ')}.`),
    [...links.map(({ label, url }) => MARKDOWN.link(label, url)), all].join(' · '),
    `*${text(origin)}*`,
  ];
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`;
}
