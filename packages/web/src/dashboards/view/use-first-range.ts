import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect } from 'react';
import { browserClock } from '../../lib/browser-clock.ts';
import { searchOfTimeRange } from '../../time/time-range.ts';
import { rangeOfDashboard } from '../answers/dashboard-range.ts';

/** Where the address names no range, the dashboard's own is shown, and stands in the address from then on. */
export function useFirstRange({ from, to }: { readonly from: string; readonly to: string }): void {
  const { range: span, from: fromMs } = useSearch({ strict: false });
  const navigate = useNavigate();
  const isNamed = span !== undefined || fromMs !== undefined;
  useEffect(() => {
    const own = rangeOfDashboard({ from, to }, browserClock.nowMs());
    if (isNamed || own === undefined) return;
    void navigate({ to: '.', search: (old) => ({ ...old, ...searchOfTimeRange(own) }), replace: true });
  }, [isNamed, from, to, navigate]);
}
