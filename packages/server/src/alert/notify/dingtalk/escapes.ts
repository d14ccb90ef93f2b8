import type { Escapes } from '../guarded-texts.ts';

/**
 * DingTalk documents no way to write a mark as itself, so values get the wide form of the same character, which
 * reads the same and marks nothing in any reader. A line feed alone is a blank in Markdown.
 */
export const DINGTALK_ESCAPES: Escapes = [
  ...['<', '>', '*', '~', '[', ']', '`', '#', '\\', '!'].map(
    (char) => [char, String.fromCharCode(char.charCodeAt(0) + 0xfee0)] as const,
  ),
  ['\n', '  \n'],
];
