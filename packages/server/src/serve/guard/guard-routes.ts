/** Everything of the guard that is reached over HTTP. The guard itself is asked for with the first request. */
import { UnsupportedError, type Clock, type Random, type Slicer } from '@vedette/model';
import type { GuardService } from '../../respond/index.ts';
import { baseOf } from '../http/external-url.ts';
import type { Route } from '../http/route.ts';
import { appealRoutes } from './appeal/appeal-routes.ts';
import { backtestRoute, type PolicyBacktest } from './backtest-route.ts';
import { checkRoute } from './check-route.ts';
import type { EnforcementConfig } from './config.ts';
import { lapiRoutes } from './crowdsec/lapi-routes.ts';
import { decisionRoutes } from './decision-routes.ts';
import type { FeedFollowers } from './feed-followers.ts';
import { feedRoute } from './feed-route.ts';
import { forwardAuthRoute } from './forward-auth/forward-auth-route.ts';
import { subjectsRoute, type GuardWatch } from './subjects-route.ts';
import { VerdictBook } from './verdict.ts';

export interface GuardRoutesDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'fill'>;
  /** Who is near a threshold. */
  readonly watch: (() => Promise<GuardWatch>) | undefined;
  /** Always the same one. */
  readonly guard: (() => Promise<GuardService>) | undefined;
  /** Of policies, over what this server has stored; made when somebody asks. */
  readonly backtest: (() => Promise<PolicyBacktest>) | undefined;
  readonly followers: FeedFollowers;
  readonly enforcement: EnforcementConfig;
  /** Under which people reach this server; links for them begin with it. */
  readonly externalUrl: string | undefined;
  /** Makes the slicer of one answer. */
  readonly createSlicer: () => Slicer;
}

export function guardRoutes(deps: GuardRoutesDeps): readonly Route[] {
  const guard = deps.guard ?? refuse;
  let book: VerdictBook | undefined;
  const verdicts = async (): Promise<VerdictBook> => {
    const service = await guard();
    return (book ??= new VerdictBook(service));
  };
  const { clock, followers, createSlicer } = deps;
  return [
    feedRoute({ guard, followers }),
    checkRoute({ clock, verdicts }),
    forwardAuthRoute({ clock, verdicts, config: deps.enforcement.forward_auth }),
    ...lapiRoutes({ clock, guard, createSlicer }),
    ...appealRoutes({ clock, guard }),
    subjectsRoute({ ...deps, watch: deps.watch ?? refuse }),
    backtestRoute({ clock, backtest: deps.backtest ?? refuse }),
    ...decisionRoutes({ clock, guard, appealBase: baseOf(deps.externalUrl ?? '') }),
  ];
}

function refuse(): Promise<never> {
  return Promise.reject(
    new UnsupportedError('VED_GUARD_INVALID', 'cannot ask the guard: this server has none'),
  );
}
