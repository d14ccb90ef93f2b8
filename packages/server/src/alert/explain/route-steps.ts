/** The way of an alert through the routing tree, node by node, with the reason at each. */
import { labelValueOf, type Labels } from '@vedette/model';
import { formatAlertMatcher } from '../matchers/matcher.ts';
import type { Route } from '../route/route.ts';
import type { MatcherStep, RouteStep } from './explanation.ts';

/** Decides as `matchRoutes` does; a property test holds the two together. */
export function explainRoutes(root: Route, labels: Labels): RouteStep {
  return stepOf(root, labels);
}

function stepOf(route: Route, labels: Labels): RouteStep {
  const matchers = route.matchers.map((matcher): MatcherStep => {
    const value = labelValueOf(labels, matcher.name);
    return { matcher: formatAlertMatcher(matcher), value, isMet: matcher.matches(value) };
  });
  const own = { ...namesOf(route), matchers };
  const unmet = matchers.find(({ isMet }) => !isMet);
  if (unmet !== undefined) {
    const value = unmet.value === '' ? 'the alert has no such label' : `the alert has "${unmet.value}"`;
    return { ...own, verdict: 'refused', reason: `${unmet.matcher} is not met: ${value}`, routes: [] };
  }
  const routes = childSteps(route, labels);
  const takers = routes.filter(({ verdict }) => verdict === 'taken' || verdict === 'passed').length;
  const met = matchers.length === 0 ? 'it takes every alert' : 'all of its matchers are met';
  if (takers > 0) {
    const below = takers === 1 ? 'a route' : `${takers} routes`;
    return { ...own, verdict: 'passed', reason: `${met}, and ${below} below it took the alert`, routes };
  }
  const alone = routes.length === 0 ? '' : ', and no route below it took the alert';
  return { ...own, verdict: 'taken', reason: `${met}${alone}`, routes };
}

function childSteps({ routes }: Route, labels: Labels): readonly RouteStep[] {
  const steps: RouteStep[] = [];
  let taker: RouteStep | undefined;
  for (const route of routes) {
    if (taker !== undefined) {
      const reason = `the route to "${taker.receiver}" before it took the alert and does not say continue`;
      steps.push({ ...namesOf(route), verdict: 'not asked', reason, matchers: [], routes: [] });
      continue;
    }
    const step = stepOf(route, labels);
    steps.push(step);
    if (step.verdict !== 'refused' && !route.isContinued) taker = step;
  }
  return steps;
}

function namesOf({ id, receiver, isContinued }: Route): Pick<RouteStep, 'id' | 'receiver' | 'isContinued'> {
  return { id, receiver, isContinued };
}
