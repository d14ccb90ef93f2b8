import {
  IconBell,
  IconChartHistogram,
  IconLayoutDashboard,
  IconPlugConnected,
  IconShieldCheck,
  IconTarget,
  IconTerminal2,
} from '@tabler/icons-react';

/** The pages of the navigation, in order. `key` follows `g` on the keyboard; the first ones are on a phone's bar. */
export const PAGES = [
  { id: 'overview', to: '/', key: 'o', icon: IconLayoutDashboard },
  { id: 'dashboards', to: '/dashboards', key: 'd', icon: IconChartHistogram },
  { id: 'explore', to: '/explore', key: 'e', icon: IconTerminal2 },
  { id: 'alerts', to: '/alerts', key: 'a', icon: IconBell },
  { id: 'guard', to: '/guard', key: 'u', icon: IconShieldCheck },
  { id: 'targets', to: '/targets', key: 't', icon: IconTarget },
  { id: 'connect', to: '/connect', key: 'c', icon: IconPlugConnected },
] as const;

/** How many of the pages a phone's bar holds beside "More"; with a sixth entry their names touch at 390 px. */
const BAR_PAGES_MAX = 4;

/** The pages that a phone has under "More". */
export const PAGES_UNDER_MORE = PAGES.slice(BAR_PAGES_MAX);
