/**
 * A report as a card of Feishu or Lark. It is one of the first schema, as our other messages there: every client shows it,
 * where one of schema 2.0 asks those before version 7.20 to be updated, and nothing in it needs more.
 */
import type { AnalysisReport, Priority } from '@vedette/api';
import { PREPARED_CARD_BYTES_MAX } from '../../../alert/index.ts';
import { fitted, jsonBytesOf } from './fitted.ts';
import { FEISHU, markedLine } from './marks.ts';
import { outlineOf, type Outline, type OutlineOptions, type OutlineSection } from './outline.ts';
import { CARD, LEAST, SHORT } from './outline-limits.ts';

type Card = Readonly<Record<string, unknown>>;

const COLOURS: Readonly<Record<Priority, string>> = { P1: 'red', P2: 'orange', P3: 'yellow', P4: 'blue' };

export function feishuCardOf(report: AnalysisReport, options: Omit<OutlineOptions, 'limits'>): Card {
  return fitted(
    [CARD, SHORT, LEAST],
    (limits) => cardOf(outlineOf(report, { ...options, limits })),
    (card) => jsonBytesOf(card) <= PREPARED_CARD_BYTES_MAX,
  );
}

function cardOf(outline: Outline): Card {
  const { title, priority, isFiring, headline, facts, sections, notShown, link, origin } = outline;
  const buttons = [{ label: 'Open in Vedette', url: link }, ...outline.links];
  const notes = [...(notShown.length === 0 ? [] : [`Not shown here: ${notShown.join(', ')}.`]), origin];
  return {
    config: { wide_screen_mode: true },
    header: {
      title: { tag: 'plain_text', content: title },
      template: isFiring ? COLOURS[priority] : 'green',
    },
    elements: [
      ...(headline === '' ? [] : [markdown(FEISHU.strong(headline))]),
      markdown(
        facts.map(({ name, value }) => `${FEISHU.strong(name)}: ${markedLine(FEISHU, value)}`).join('\n'),
      ),
      ...sections.flatMap((section) => [{ tag: 'hr' }, markdown(sectionText(section, link))]),
      { tag: 'note', elements: notes.map((content) => ({ tag: 'plain_text', content })) },
      { tag: 'action', actions: buttons.map(buttonOf) },
    ],
  };
}

function sectionText({ heading, lines, rest }: OutlineSection, link: string): string {
  return [
    FEISHU.strong(heading),
    ...lines.map((line) => `• ${markedLine(FEISHU, line)}`),
    ...(rest === undefined ? [] : [`• ${FEISHU.link(rest, link)}`]),
  ].join('\n');
}

function markdown(content: string): Card {
  return { tag: 'markdown', content };
}

function buttonOf({ label, url }: { readonly label: string; readonly url: string }, index: number): Card {
  const type = index === 0 ? 'primary' : 'default';
  return { tag: 'button', text: { tag: 'plain_text', content: label }, url, type };
}
