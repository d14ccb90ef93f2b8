/** axe-core's verdict on a page: WCAG 2.2 A and AA, and its best practices. */
import axe from 'axe-core';
import type { Page } from 'playwright-core';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Of a fault that a page repeats a hundred times, the first few say enough. */
const NODES_MAX = 3;

interface AxeResult {
  readonly violations: readonly {
    readonly id: string;
    readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
  }[];
}

/** One line per fault. */
export async function axeFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  // The editor's list of completions is driven from the editor by aria-activedescendant: it takes no focus.
  const result = await page.evaluate<AxeResult>(
    `axe.run({ exclude: ['.cm-tooltip-autocomplete'] }, { runOnly: ${JSON.stringify(TAGS)}, resultTypes: ['violations'] })`,
  );
  return result.violations.flatMap(({ id, nodes }) =>
    nodes
      .slice(0, NODES_MAX)
      .map(({ html, failureSummary }) => `${id}: ${html.slice(0, 160)} ${failureSummary.slice(0, 240)}`),
  );
}
