/**
 * A report as blocks of Slack: a header, the headline, facts side by side, a section for each part, links as buttons.
 * Buttons lead somewhere and do nothing: no answer of theirs is waited for.
 */
import type { AnalysisReport } from '@vedette/api';
import { cutToChars } from '../../../alert/index.ts';
import { fitted, jsonBytesOf } from './fitted.ts';
import { markedLine, SLACK } from './marks.ts';
import { outlineOf, type Outline, type OutlineOptions, type OutlineSection } from './outline.ts';
import { CARD, LEAST, SHORT } from './outline-limits.ts';

export type SlackBlock = Readonly<Record<string, unknown>>;

/** Slack's own limits, in characters where a text is meant (Block Kit reference). */
export const SLACK_CARD_LIMITS = {
  blocks: 50,
  headerChars: 150,
  textChars: 3000,
  fields: 10,
  fieldChars: 2000,
  contextElements: 10,
  buttons: 25,
  buttonChars: 75,
  urlChars: 3000,
  actionIdChars: 255,
} as const;

// Slack refuses messages whose blocks are too long together, and does not say where that begins; 13,200 were seen to be.
const BLOCKS_JSON_BYTES_MAX = 12_000;

export function slackCardOf(
  report: AnalysisReport,
  options: Omit<OutlineOptions, 'limits'>,
): readonly SlackBlock[] {
  return fitted(
    [CARD, SHORT, LEAST],
    (limits) => blocksOf(outlineOf(report, { ...options, limits })),
    (blocks) => jsonBytesOf(blocks) <= BLOCKS_JSON_BYTES_MAX && textsOf(blocks).every(isWithin),
  );
}

function blocksOf(outline: Outline): readonly SlackBlock[] {
  const { title, headline, facts, sections, notShown, link, origin } = outline;
  const { headerChars, fields: fieldsMax, buttons: buttonsMax } = SLACK_CARD_LIMITS;
  const fields = facts
    .slice(0, fieldsMax)
    .map(({ name, value }) => mrkdwn(`${SLACK.strong(name)}\n${markedLine(SLACK, value)}`));
  const notes = [...(notShown.length === 0 ? [] : [`Not shown here: ${notShown.join(', ')}.`]), origin];
  const buttons = [{ label: 'Open in Vedette', url: link }, ...outline.links].slice(0, buttonsMax);
  return [
    { type: 'header', text: plainText(cutToUnits(title, headerChars)) },
    ...(headline === '' ? [] : [{ type: 'section', text: mrkdwn(SLACK.strong(headline)) }]),
    ...(fields.length === 0 ? [] : [{ type: 'section', fields }]),
    ...sections.map((section) => ({ type: 'section', text: mrkdwn(sectionText(section, link)) })),
    { type: 'context', elements: notes.map((note) => mrkdwn(SLACK.text(note))) },
    { type: 'actions', elements: buttons.map(buttonOf) },
  ];
}

function sectionText({ heading, lines, rest }: OutlineSection, link: string): string {
  return [
    SLACK.strong(heading),
    ...lines.map((line) => `• ${markedLine(SLACK, line)}`),
    ...(rest === undefined ? [] : [`• ${SLACK.link(rest, link)}`]),
  ].join('\n');
}

function buttonOf(
  { label, url }: { readonly label: string; readonly url: string },
  index: number,
): SlackBlock {
  const text = plainText(cutToUnits(label, SLACK_CARD_LIMITS.buttonChars));
  return { type: 'button', text, url, action_id: `open-${index}` };
}

/** Slack does not say what a character is: an emoji counts as the two units that it may take for it. */
function cutToUnits(text: string, unitsMax: number): string {
  let cut = text;
  for (let charsMax = unitsMax; cut.length > unitsMax; charsMax -= 1 + ((cut.length - unitsMax) >> 1))
    cut = cutToChars(text, charsMax);
  return cut;
}

/** `verbatim`: Slack looks for no names and addresses by itself. */
function mrkdwn(text: string): SlackBlock {
  return { type: 'mrkdwn', text, verbatim: true };
}

function plainText(text: string): SlackBlock {
  return { type: 'plain_text', text, emoji: false };
}

interface Measured {
  readonly charsMax: number;
  readonly text: string;
}

/** Texts that cannot be cut without cutting their marks; the others are. */
function textsOf(blocks: readonly SlackBlock[]): readonly Measured[] {
  const { textChars, fieldChars } = SLACK_CARD_LIMITS;
  const of = (value: unknown, charsMax: number): readonly Measured[] =>
    isText(value) ? [{ text: value.text, charsMax }] : [];
  const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);
  return blocks.flatMap((block) => [
    ...of(block['text'], textChars),
    ...listOf(block['fields']).flatMap((field) => of(field, fieldChars)),
    ...listOf(block['elements']).flatMap((element) => of(element, textChars)),
  ]);
}

function isText(value: unknown): value is { readonly text: string } {
  return typeof value === 'object' && value !== null && 'text' in value && typeof value.text === 'string';
}

function isWithin({ text, charsMax }: Measured): boolean {
  return text.length <= charsMax;
}
