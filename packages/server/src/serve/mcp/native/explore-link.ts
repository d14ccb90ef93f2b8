import type { TimeRange } from '@vedette/model';
import { uiPath } from '../../../lib/ui-path.ts';
import type { ToolLink } from '../tool.ts';

/** An expression on the page for looking around. */
export function exploreLink(expr: string, range?: TimeRange, view?: 'table'): ToolLink {
  return { label: 'Explore', path: uiPath(['explore'], { expr, view }, range) };
}
