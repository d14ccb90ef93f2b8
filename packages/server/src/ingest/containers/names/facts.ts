/** What somebody besides the kernel knows about a container. */
export interface ContainerFacts {
  readonly name: string;
  readonly image: string;
  readonly pod: string;
  readonly namespace: string;
  readonly container: string;
  /** By the engine's name of the label; only those asked for. */
  readonly labels: Readonly<Record<string, string>>;
}

// Names have at most 255 characters, images some hundred; a label of an engine may hold a whole document.
export const FACT_CHARS_MAX = 1024;

/** A text that can be a label value: well-formed Unicode without U+FFFF; empty when it is too long for one. */
export function factOf(text: string | null | undefined): string {
  if (text === null || text === undefined || text.length > FACT_CHARS_MAX) return '';
  return text.toWellFormed().replaceAll('\uffff', '');
}
