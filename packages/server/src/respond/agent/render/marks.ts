/**
 * How each kind of Markdown writes the parts of a line. What comes from outside is escaped in all of them, also within
 * code and addresses: nothing in it mentions, links, or changes how the rest is shown.
 */
import { DINGTALK_ESCAPES, FEISHU_ESCAPES, slackText } from '../../../alert/index.ts';
import type { Line, Part } from './outline.ts';

export interface Marks {
  text(text: string): string;
  strong(text: string): string;
  code(text: string): string;
  /** `url`: as `addressOf` gives it, so without marks. */
  link(label: string, url: string): string;
}

export function markedLine(marks: Marks, line: Line): string {
  return line.map((part) => markedPart(marks, part)).join('');
}

function markedPart(marks: Marks, part: Part): string {
  if (typeof part === 'string') return marks.text(part);
  if ('strong' in part) return part.strong === '' ? '' : marks.strong(part.strong);
  if ('code' in part) return part.code === '' ? '' : marks.code(part.code);
  return marks.link(part.label, part.url);
}

// An invisible character between a sign and the name behind it: a mention is found by neither.
const WORD_JOINER = '\u2060';

/**
 * Markdown as GitHub and most tools read it. Marks are escaped with a backslash, `<` and `&` as entities (readers of
 * HTML see them first); `@` and `#` name nobody.
 */
export const MARKDOWN: Marks = {
  text: escapedMarkdown,
  strong: (text) => `**${escapedMarkdown(text)}**`,
  code: (text) => {
    // A fence longer than any run of its own character within; a text cannot close it.
    const runs = text.match(/`+/g) ?? [];
    const fence = '`'.repeat(1 + Math.max(0, ...runs.map(({ length }) => length)));
    const pad = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
    return fence + pad + text + pad + fence;
  },
  link: (label, url) => `[${escapedMarkdown(label)}](${url})`,
};

function escapedMarkdown(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll(/[\\`*_[\]>|~!#]/g, '\\$&')
      // What begins a list or a line below a heading, where a text begins a line.
      .replaceAll(/^(?:[-+=]|\d+(?=[.)]))/g, (start) => (/\d/.test(start) ? `${start}\\` : `\\${start}`))
      .replaceAll(/[@#](?=[\w-])/g, `$&${WORD_JOINER}`)
  );
}

/**
 * Slack's mrkdwn. It has no escape for `*` and `_`, which make a value bold at worst. A backtick begins or ends code, three
 * of them even across lines, so none is left in any value.
 */
export const SLACK: Marks = {
  text: slackValue,
  strong: (text) => `*${slackValue(text).replaceAll('*', '∗')}*`,
  code: (text) => `\`${slackValue(text)}\``,
  link: (label, url) => `<${slackText(url).replaceAll('\u2060', '')}|${slackValue(label)}>`,
};

function slackValue(text: string): string {
  return slackText(text).replaceAll('`', "'");
}

/** Feishu's Markdown, without its code, which older clients do not know. */
export const FEISHU: Marks = {
  text: (text) => replaced(text, FEISHU_MAP),
  strong: (text) => `**${replaced(text, FEISHU_MAP)}**`,
  code: (text) => replaced(text, FEISHU_MAP),
  link: (label, url) => `[${replaced(label, FEISHU_MAP)}](${url})`,
};

/** DingTalk's, which has no code. */
export const DINGTALK: Marks = {
  text: (text) => replaced(text, DINGTALK_MAP),
  strong: (text) => `**${replaced(text, DINGTALK_MAP)}**`,
  code: (text) => replaced(text, DINGTALK_MAP),
  link: (label, url) => `[${replaced(label, DINGTALK_MAP)}](${url})`,
};

const FEISHU_MAP: ReadonlyMap<string, string> = new Map([...FEISHU_ESCAPES, ['@', `@${WORD_JOINER}`]]);
const DINGTALK_MAP: ReadonlyMap<string, string> = new Map([...DINGTALK_ESCAPES, ['@', `@${WORD_JOINER}`]]);

function replaced(text: string, escapes: ReadonlyMap<string, string>): string {
  return text.replaceAll(/[^\w ]/g, (char) => escapes.get(char) ?? char);
}
