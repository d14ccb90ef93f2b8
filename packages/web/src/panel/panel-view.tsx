import type { PanelProps } from './panel-props.ts';

/** Draws a panel of any kind. */
export function PanelView({ panel }: PanelProps) {
  return <p>{panel.title}</p>;
}
