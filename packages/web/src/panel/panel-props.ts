import type { DataFrame, Panel } from '@vedette/dashboard';
import type { ChartMark } from '../chart/chart-mark.ts';

export type { ChartMark } from '../chart/chart-mark.ts';

/**
 * What every kind of panel draws from. Frames have been through transformations and field options; a
 * panel knows nothing of queries, variables or the server.
 */
export interface PanelProps {
  readonly panel: Panel;
  readonly frames: readonly DataFrame[];
  /** The shown range. */
  readonly bounds: { readonly fromMs: number; readonly toMs: number };
  /** `browser`, `utc`, or an IANA name. */
  readonly timezone: string;
  /** Of the drawing with its legend, in pixels; the width is what there is. */
  readonly height: number;
  /** Vertical lines and spans: alerts, deploys, annotations of the dashboard. */
  readonly marks: readonly ChartMark[];
  /** Whether the crosshair follows the other charts of the page; absent: yes. */
  readonly isShared?: boolean;
  /** The numbers as a table instead of the picture. */
  readonly isTable?: boolean;
  /** Fills variables into texts and addresses. */
  readonly interpolate: (text: string) => string;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onZoomBack: () => void;
}
