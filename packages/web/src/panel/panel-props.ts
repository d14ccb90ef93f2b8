import type { DataFrame, Panel } from '@vedette/dashboard';

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
  /** Of the drawing, in pixels; the width is what there is. */
  readonly height: number;
  /** Vertical lines and spans: alerts, deploys, annotations of the dashboard. */
  readonly marks: readonly ChartMark[];
  /** Fills variables into texts and addresses. */
  readonly interpolate: (text: string) => string;
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onZoomBack: () => void;
}

/** Something that happened: a moment, or a span with an end. */
export interface ChartMark {
  readonly atMs: number;
  readonly endMs?: number;
  readonly kind: 'alert' | 'deploy' | 'annotation';
  readonly title: string;
  readonly text: string;
  /** A token's name or a colour; absent: that of the kind. */
  readonly colour?: string;
}
