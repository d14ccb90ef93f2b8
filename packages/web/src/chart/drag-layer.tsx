import { useState, type PointerEvent, type ReactNode } from 'react';
import css from './chart.module.css';

export interface DragLayerProps {
  /** Place of the drawing within its parent, in pixels. */
  readonly box: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  readonly bounds: { readonly fromMs: number; readonly toMs: number };
  readonly onZoom: (fromMs: number, toMs: number) => void;
  readonly onZoomBack: () => void;
  /** What is said about the place under the pointer; shares from the left and from the bottom. */
  readonly tooltip: (x: number, y: number) => ReactNode;
}

/** A drag shorter than this is a click with a trembling hand. */
const DRAG_PIXELS_MIN = 6;

interface Pointer {
  readonly x: number;
  readonly y: number;
  readonly downX: number | undefined;
}

/** Over a canvas of ours what uPlot brings to its own: a tooltip, drag to zoom, double click back. */
export function DragLayer({ box, bounds, onZoom, onZoomBack, tooltip }: DragLayerProps) {
  const [pointer, setPointer] = useState<Pointer>();
  const place = (event: PointerEvent<HTMLElement>): { x: number; y: number } => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const timeAt = (x: number): number => bounds.fromMs + (x / box.width) * (bounds.toMs - bounds.fromMs);
  const release = (): void => {
    if (pointer?.downX !== undefined && Math.abs(pointer.x - pointer.downX) >= DRAG_PIXELS_MIN) {
      const [from, to] = [pointer.downX, pointer.x].sort((a, b) => a - b) as [number, number];
      onZoom(timeAt(Math.max(0, from)), timeAt(Math.min(box.width, to)));
    }
    setPointer((old) => (old === undefined ? old : { ...old, downX: undefined }));
  };
  const told = pointer === undefined ? null : tooltip(pointer.x / box.width, 1 - pointer.y / box.height);
  return (
    <div
      className={css.dragLayer}
      style={box}
      aria-hidden="true"
      onPointerDown={(event) => {
        const at = place(event);
        setPointer({ ...at, downX: at.x });
      }}
      onPointerMove={(event) => setPointer((old) => ({ ...place(event), downX: old?.downX }))}
      onPointerUp={release}
      onPointerLeave={() => setPointer(undefined)}
      onDoubleClick={onZoomBack}
    >
      {pointer !== undefined && <span className={css.crosshair} style={{ left: pointer.x }} />}
      {pointer?.downX !== undefined && (
        <span
          className={css.selection}
          style={{ left: Math.min(pointer.downX, pointer.x), width: Math.abs(pointer.x - pointer.downX) }}
        />
      )}
      {pointer !== undefined && told !== null && (
        <div
          className={`${css.tooltip} ${css.tooltipOwn}`}
          style={pointer.x < box.width / 2 ? { left: pointer.x + 14 } : { right: box.width - pointer.x + 14 }}
        >
          {told}
        </div>
      )}
    </div>
  );
}
