import { formatAlertMatchers } from '../matchers/matcher.ts';
import type { Route } from './route.ts';

/**
 * The tree as `amtool config routes show` draws it; with `only`, the nodes on the way to those.
 *
 *     .
 *     └── default-route  receiver: ops
 *         └── {team="db"}  continue: true  receiver: dba
 */
export function printRoutes(root: Route, only?: ReadonlySet<Route>): string {
  const lines = ['.', `└── ${titleOf(root)}`];
  printChildren(root, '    ', only, lines);
  return `${lines.join('\n')}\n`;
}

function printChildren(
  route: Route,
  indent: string,
  only: ReadonlySet<Route> | undefined,
  lines: string[],
): void {
  const shown = route.routes.filter((child) => only === undefined || leadsTo(child, only));
  for (const [i, child] of shown.entries()) {
    const isLast = i === shown.length - 1;
    lines.push(`${indent}${isLast ? '└' : '├'}── ${titleOf(child)}`);
    printChildren(child, `${indent}${isLast ? '    ' : LINE_DOWN}`, only, lines);
  }
}

// With two no-break spaces, as amtool has it: scripts compare.
const LINE_DOWN = '│\u00a0\u00a0 ';

/** A node that takes everything is called the default, wherever it stands. */
function titleOf({ matchers, isContinued, receiver }: Route): string {
  const name = matchers.length === 0 ? 'default-route' : formatAlertMatchers(matchers);
  return `${name}  ${isContinued ? 'continue: true  ' : ''}receiver: ${receiver}`;
}

function leadsTo(route: Route, only: ReadonlySet<Route>): boolean {
  return only.has(route) || route.routes.some((child) => leadsTo(child, only));
}
