/** Slack's three special characters; whatever it shows, it wants them so. */
export const SLACK_ESCAPES = [
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
] as const;

const WORD_JOINER = '\u2060';

/** Where Slack looks for names by itself, an invisible character parts a sign from its name. */
export const NAME_SIGNS = [
  ['@', `@${WORD_JOINER}`],
  ['#', `#${WORD_JOINER}`],
] as const;

const ALL = new Map<string, string>([...SLACK_ESCAPES, ...NAME_SIGNS]);

/** Text as Slack shows it, whatever it holds; no name in it becomes a mention. */
export function slackText(text: string): string {
  return text.replaceAll(/[&<>@#]/g, (char) => ALL.get(char) ?? char);
}
