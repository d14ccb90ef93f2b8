import type { Dashboard, ResolvedVariables } from '@vedette/dashboard';
import { createContext, useContext } from 'react';
import type { ChartMark } from '../../panel/panel-props.ts';
import type { TimeRange } from '../../time/time-range.ts';

/** What all panels of an open dashboard share. */
export interface BoardState {
  readonly dashboard: Dashboard;
  readonly resolved: ResolvedVariables;
  readonly range: TimeRange;
  /** The moment at which the range was chosen: `$__from` and `$__to` of texts and links. */
  readonly openedAtMs: number;
  /** `browser`, `utc`, or an IANA name. */
  readonly timezone: string;
  /** Of the server, with which intervals of queries are reckoned. */
  readonly scrapeIntervalMs: number;
  readonly marks: readonly ChartMark[];
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onZoomBack: () => void;
  /** Key of the panel that is shown large. */
  readonly viewPanel: string | undefined;
  readonly onView: (key: string | undefined) => void;
  readonly onJson: (panelId: number) => void;
  /** Absent for who may not change dashboards. */
  readonly change?: {
    readonly edit: (panelId: number) => void;
    readonly duplicate: (panelId: number) => void;
    readonly remove: (panelId: number) => void;
  };
}

export const BoardContext = createContext<BoardState | undefined>(undefined);

export function useBoard(): BoardState {
  const board = useContext(BoardContext);
  if (board === undefined) throw new Error('BUG: a panel must stand on a board');
  return board;
}
