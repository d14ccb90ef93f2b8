import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { DEFAULT_RANGE, searchOfTimeRange, timeRangeOfSearch, type TimeRange } from './time-range.ts';

/** Ranges left by zooming, newest last: what `z` and a double click go back to. Lost on reload, as it should be. */
const zoomedFrom: TimeRange[] = [];

/** More levels than anybody zooms. */
const ZOOM_LEVELS_MAX = 50;

export interface TimeRangeControl {
  readonly range: TimeRange;
  readonly setRange: (range: TimeRange) => void;
  /** Shows a part of a chart. */
  readonly zoomTo: (fromMs: number, toMs: number) => void;
  /** Back to the range before the last zoom; to the moving default when there is none. */
  readonly zoomBack: () => void;
}

/** The time range of the page. It lives in the URL: a link and the back button give the same view. */
export function useTimeRange(): TimeRangeControl {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const { range: span, from, to } = search;
  const range = useMemo(
    () =>
      timeRangeOfSearch({
        ...(span === undefined ? {} : { range: span }),
        ...(from === undefined ? {} : { from }),
        ...(to === undefined ? {} : { to }),
      }),
    [span, from, to],
  );
  const setRange = useCallback(
    (next: TimeRange) => {
      void navigate({
        to: '.',
        search: ({ range: _range, from: _from, to: _to, ...rest }) => ({
          ...rest,
          ...searchOfTimeRange(next),
        }),
      });
    },
    [navigate],
  );
  return useMemo(
    () => ({
      range,
      setRange,
      zoomTo: (fromMs, toMs) => {
        if (zoomedFrom.length === ZOOM_LEVELS_MAX) zoomedFrom.shift();
        zoomedFrom.push(range);
        setRange({ kind: 'absolute', fromMs, toMs });
      },
      zoomBack: () => setRange(zoomedFrom.pop() ?? DEFAULT_RANGE),
    }),
    [range, setRange],
  );
}
