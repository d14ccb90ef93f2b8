import type { AnalysisReport } from '@vedette/api';

export const TOLD_FORMS = ['markdown', 'text'] as const;
export type ToldForm = (typeof TOLD_FORMS)[number];

/** A report for people to read, in Markdown or plain text; what writes it is loaded with the first one. */
export async function toldReport(
  report: AnalysisReport,
  form: ToldForm,
  options: { readonly externalUrl: string },
): Promise<string> {
  if (form === 'text') return (await import('./render/text.ts')).textOf(report, options);
  return (await import('./render/markdown.ts')).markdownOf(report, options);
}
