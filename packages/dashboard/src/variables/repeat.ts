import type { Dashboard, GridPosition, Panel } from '../dashboard.ts';
import type { ResolvedVariables } from './resolved.ts';

/** A panel as often as it is drawn. */
export interface RepeatedPanel {
  /** `grid` is where this copy stands. The first copy is the panel of the file. */
  readonly panel: Panel;
  /** Unique on the page: `12`, `12/api-2`. */
  readonly key: string;
  /** Values that hold in this copy alone; give them to `createScope`. */
  readonly panelVariables: ReadonlyMap<string, readonly string[]>;
}

/** Most copies of one panel or row: more do not help anybody, and each asks its own queries. */
export const REPEATS_MAX = 100;

const COLUMNS = 24;

/**
 * The panels of the page in their order, rows among them, repeats laid out: beside each other over the
 * whole width (`h`, at most `maxPerRow` of them), or below each other (`v`). Rows repeat with all that
 * stands in them. What stands below a repeat is moved down by what it grew. Panels of a collapsed row
 * are left inside it.
 */
export function repeatPanels(dashboard: Dashboard, resolved: ResolvedVariables): RepeatedPanel[] {
  const values = new Map(resolved.variables.map((entry) => [entry.variable.name, entry.values]));
  const result: RepeatedPanel[] = [];
  let shift = 0;
  for (const section of sectionsOf(dashboard.panels)) {
    const names = section.row?.repeat?.variable;
    for (const [i, value] of copiesOf(names, values).entries()) {
      const own = value === undefined || names === undefined ? NONE : new Map([[names, [value]]]);
      const placed = placeSection(section, { shift, values, own, copy: i, value });
      result.push(...placed.panels);
      shift = placed.shift;
    }
  }
  return result;
}

const NONE: ReadonlyMap<string, readonly string[]> = new Map();

/** A row with the panels below it; before the first row there is none. */
interface Section {
  readonly row?: Panel;
  readonly panels: readonly Panel[];
}

function sectionsOf(panels: readonly Panel[]): Section[] {
  const sections: { row?: Panel; panels: Panel[] }[] = [{ panels: [] }];
  for (const panel of panels) {
    if (panel.kind === 'row') sections.push({ row: panel, panels: [] });
    else sections.at(-1)?.panels.push(panel);
  }
  return sections;
}

interface Placement {
  /** Units by which all of it moves down. */
  readonly shift: number;
  readonly values: ReadonlyMap<string, readonly string[]>;
  readonly own: ReadonlyMap<string, readonly string[]>;
  readonly copy: number;
  readonly value: string | undefined;
}

/** One value per copy; `[undefined]`: it is not repeated. */
function copiesOf(
  name: string | undefined,
  values: ReadonlyMap<string, readonly string[]>,
): readonly (string | undefined)[] {
  const found = name === undefined ? undefined : values.get(name);
  return found === undefined || found.length === 0 ? [undefined] : found.slice(0, REPEATS_MAX);
}

function placeSection(
  { row, panels }: Section,
  placement: Placement,
): { panels: RepeatedPanel[]; shift: number } {
  const { copy, own, value } = placement;
  const top = Math.min(...(row === undefined ? panels : [row, ...panels]).map(({ grid }) => grid.y));
  const bottom = panels.reduce(
    (most, { grid }) => Math.max(most, grid.y + grid.h),
    (row?.grid.y ?? 0) + (row?.grid.h ?? 0),
  );
  // The second and later copies of a row stand below the one before.
  const shift = placement.shift + (copy === 0 ? 0 : bottom - top);
  const suffix = copy === 0 || value === undefined ? '' : `/${value}`;
  const result: RepeatedPanel[] = [];
  if (row !== undefined)
    result.push({ panel: movedBy(row, shift), key: `${row.id}${suffix}`, panelVariables: own });
  const grown = placePanels(panels, { ...placement, shift }, suffix);
  return { panels: [...result, ...grown.panels], shift: grown.shift };
}

/** Panels from top to bottom: each repeat moves what stands below it. */
function placePanels(
  panels: readonly Panel[],
  { shift, values, own }: Placement,
  suffix: string,
): { panels: RepeatedPanel[]; shift: number } {
  const growths: { readonly below: number; readonly by: number }[] = [];
  const result: RepeatedPanel[] = [];
  for (const panel of panels) {
    const moved = shift + growthOf(growths.filter(({ below }) => panel.grid.y >= below));
    const name = panel.repeat?.variable;
    const copies = own.has(name ?? '') ? [undefined] : copiesOf(name, values);
    const grids = gridsOf(panel, copies.length);
    const lowest = grids.reduce((most, grid) => Math.max(most, grid.y + grid.h), 0);
    const by = lowest - panel.grid.y - panel.grid.h;
    if (by > 0) growths.push({ below: panel.grid.y + panel.grid.h, by });
    for (const [i, value] of copies.entries()) {
      const grid = grids[i] ?? panel.grid;
      result.push({
        panel: movedBy({ ...panel, grid }, moved),
        key: `${panel.id}${suffix}${i === 0 || value === undefined ? '' : `/${value}`}`,
        panelVariables: value === undefined || name === undefined ? own : new Map([...own, [name, [value]]]),
      });
    }
  }
  return { panels: result, shift: shift + growthOf(growths) };
}

/** Repeats that stand side by side push what follows once, by the one that grew most. */
function growthOf(growths: readonly { readonly below: number; readonly by: number }[]): number {
  const byEdge = new Map<number, number>();
  for (const { below, by } of growths) byEdge.set(below, Math.max(byEdge.get(below) ?? 0, by));
  return [...byEdge.values()].reduce((sum, by) => sum + by, 0);
}

function gridsOf({ grid, repeat }: Panel, count: number): GridPosition[] {
  if (repeat === undefined || count === 1) return [grid];
  if (repeat.direction === 'v')
    return Array.from({ length: count }, (_, i) => ({ ...grid, y: grid.y + i * grid.h }));
  const perRow = Math.max(1, Math.min(count, repeat.maxPerRow, COLUMNS));
  const width = Math.floor(COLUMNS / perRow);
  return Array.from({ length: count }, (_, i) => ({
    x: (i % perRow) * width,
    y: grid.y + Math.floor(i / perRow) * grid.h,
    w: width,
    h: grid.h,
  }));
}

function movedBy(panel: Panel, shift: number): Panel {
  return shift === 0 ? panel : { ...panel, grid: { ...panel.grid, y: panel.grid.y + shift } };
}
