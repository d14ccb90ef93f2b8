import type { Variable } from '../dashboard.ts';
import { referencedNames } from '../fill/reference.ts';

/** Which variables a variable needs first; in the order of the dashboard. */
export interface Dependencies {
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** Variables that need themselves, over others or at once. */
  readonly cyclic: ReadonlySet<string>;
}

export function dependenciesOf(variables: readonly Variable[]): Dependencies {
  const names = new Set(variables.map(({ name }) => name));
  const needs = new Map<string, readonly string[]>();
  for (const variable of variables) {
    const texts = variable.kind === 'query' ? [variable.query, variable.regex] : [variable.query];
    const found = READS_OTHERS.has(variable.kind) ? texts.flatMap(referencedNames) : [];
    needs.set(
      variable.name,
      [...new Set(found)].filter((name) => names.has(name)),
    );
  }
  return { needs, cyclic: cyclicNames(needs) };
}

/** The values of a constant or a text box are what stands there. */
const READS_OTHERS: ReadonlySet<string> = new Set(['query', 'custom']);

/**
 * Strongly connected parts of more than one name, and names that need themselves (Tarjan). A name that
 * merely hangs on a cycle is not in one. Without recursion: a file may chain thousands.
 */
function cyclicNames(needs: ReadonlyMap<string, readonly string[]>): Set<string> {
  const cyclic = new Set<string>();
  const walk: Walk = { order: new Map(), low: new Map(), path: [], onPath: new Set() };
  for (const name of needs.keys()) if (!walk.order.has(name)) visit(name, needs, walk, cyclic);
  return cyclic;
}

interface Walk {
  readonly order: Map<string, number>;
  readonly low: Map<string, number>;
  readonly path: string[];
  readonly onPath: Set<string>;
}

interface Frame {
  readonly name: string;
  next: number;
}

function visit(
  start: string,
  needs: ReadonlyMap<string, readonly string[]>,
  walk: Walk,
  cyclic: Set<string>,
): void {
  const frames: Frame[] = [enter(start, walk)];
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const { name } = frame;
    const child = needs.get(name)?.[frame.next];
    frame.next++;
    if (child === undefined) {
      frames.pop();
      leave(name, needs, walk, cyclic);
      const parent = frames.at(-1);
      if (parent !== undefined) lower(parent.name, walk.low.get(name), walk);
    } else if (!walk.order.has(child)) frames.push(enter(child, walk));
    else if (walk.onPath.has(child)) lower(name, walk.order.get(child), walk);
  }
}

function enter(name: string, walk: Walk): Frame {
  walk.order.set(name, walk.order.size);
  walk.low.set(name, walk.order.size - 1);
  walk.path.push(name);
  walk.onPath.add(name);
  return { name, next: 0 };
}

function lower(name: string, value: number | undefined, walk: Walk): void {
  const own = walk.low.get(name);
  if (value !== undefined && own !== undefined && value < own) walk.low.set(name, value);
}

/** The part is whole when its root is left: all that stands above it on the path. */
function leave(
  name: string,
  needs: ReadonlyMap<string, readonly string[]>,
  walk: Walk,
  cyclic: Set<string>,
): void {
  if (walk.low.get(name) !== walk.order.get(name)) return;
  const part = walk.path.splice(walk.path.lastIndexOf(name));
  for (const member of part) walk.onPath.delete(member);
  if (part.length > 1 || needs.get(name)?.includes(name) === true)
    for (const member of part) cyclic.add(member);
}
