/** A fenced block of a guide: ` ```yaml rules/api.yml ` is a file, ` ```sh ` a series of commands. */
export interface Block {
  readonly language: string;
  /** The name of the file that the block shows; `undefined` when it is none. */
  readonly file: string | undefined;
  readonly text: string;
}

export function blocksOf(markdown: string): Block[] {
  return [...markdown.matchAll(/^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', file, text = '']) => ({ language, file, text }),
  );
}
