import { useRef } from 'react';
import { useWidth } from '../chart/use-width.ts';
import { formatTicks } from '../format/unit.ts';
import { barShapes, valueTicks, type BarShape } from './bar-shapes.ts';
import css from './panel.module.css';

export interface BarPlotProps {
  readonly title: string;
  readonly height: number;
  readonly categories: readonly string[];
  readonly series: readonly {
    readonly name: string;
    readonly colour: string;
    readonly values: readonly (number | null)[];
    /** A value as people read it. */
    readonly textOf: (value: number) => string;
  }[];
  readonly unit: string;
  readonly stacking: 'none' | 'normal' | 'percent';
  readonly isLying: boolean;
  readonly hasValues: boolean;
  readonly groupWidth: number;
  readonly barWidth: number;
}

const VALUE_AXIS = 62;
const NAME_AXIS = 24;
const LYING_NAMES = 120;

/** A name of a category wants this room; where there is less, every second or third one stands. */
const NAME_PIXELS = 72;
const LYING_NAME_PIXELS = 18;
const TICK_PIXELS = 44;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Bars beside or on each other, standing or lying: our own SVG. */
export function BarPlot(props: BarPlotProps) {
  const { title, height, categories, series, isLying } = props;
  const ref = useRef<HTMLDivElement>(null);
  const width = useWidth(ref);
  const shapes = barShapes({
    ...props,
    values: series.map(({ values }) => values),
    categories: categories.length,
  });
  const left = isLying ? Math.min(LYING_NAMES, width / 3) : VALUE_AXIS;
  const box = {
    left,
    top: 8,
    width: Math.max(1, width - left - 16),
    height: Math.max(1, height - NAME_AXIS - 8),
  };
  const place = placer(box, isLying, shapes);
  return (
    <div ref={ref} style={{ height }}>
      {width > 0 && (
        <svg width={width} height={height} className={css.barPlot} role="img" aria-label={title}>
          <ValueAxis {...props} box={box} min={shapes.min} max={shapes.max} />
          <NameAxis categories={categories} box={box} isLying={isLying} />
          {shapes.bars.map((bar) => {
            const own = series[bar.series];
            const value = own?.values[bar.category] ?? null;
            const rect = place(bar);
            const text = own === undefined || value === null ? '' : own.textOf(value);
            return (
              <g key={`${bar.category} ${bar.series}`}>
                <rect {...rect} fill={own?.colour} rx={1}>
                  <title>{`${categories[bar.category] ?? ''}, ${own?.name ?? ''}: ${text}`}</title>
                </rect>
                {props.hasValues && <ValueText text={text} rect={rect} isLying={isLying} />}
              </g>
            );
          })}
        </svg>
      )}
    </div>
  );
}

type Rect = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

function placer(
  box: Box,
  isLying: boolean,
  { min, max }: { readonly min: number; readonly max: number },
): (bar: BarShape) => Rect {
  const share = (value: number): number => (value - min) / (max - min);
  return ({ x, width, from, to }) => {
    const [low, high] = [share(Math.min(from, to)), share(Math.max(from, to))];
    if (isLying)
      return {
        x: box.left + low * box.width,
        y: box.top + x * box.height,
        width: Math.max(0, high - low) * box.width,
        height: Math.max(1, width * box.height),
      };
    return {
      x: box.left + x * box.width,
      y: box.top + (1 - high) * box.height,
      width: Math.max(1, width * box.width),
      height: Math.max(0, high - low) * box.height,
    };
  };
}

function ValueText({
  text,
  rect,
  isLying,
}: {
  readonly text: string;
  readonly rect: Rect;
  readonly isLying: boolean;
}) {
  const isFitting = isLying ? rect.height >= 11 : rect.width >= text.length * 6;
  if (!isFitting) return null;
  return isLying ? (
    <text x={rect.x + rect.width + 4} y={rect.y + rect.height / 2 + 4}>
      {text}
    </text>
  ) : (
    <text x={rect.x + rect.width / 2} y={Math.max(10, rect.y - 3)} textAnchor="middle">
      {text}
    </text>
  );
}

function ValueAxis({
  unit,
  stacking,
  isLying,
  box,
  min,
  max,
}: BarPlotProps & { readonly box: Box; readonly min: number; readonly max: number }) {
  const length = isLying ? box.width / 2 : box.height;
  const ticks = valueTicks(min, max, Math.max(1, Math.floor(length / TICK_PIXELS)));
  const texts = formatTicks(ticks, stacking === 'percent' ? 'percentunit' : unit);
  return ticks.map((tick, i) => {
    const share = (tick - min) / (max - min);
    const [x, y] = [box.left + share * box.width, box.top + (1 - share) * box.height];
    return isLying ? (
      <g key={tick}>
        <line x1={x} x2={x} y1={box.top} y2={box.top + box.height} />
        <text x={x} y={box.top + box.height + 16} textAnchor="middle">
          {texts[i]}
        </text>
      </g>
    ) : (
      <g key={tick}>
        <line x1={box.left} x2={box.left + box.width} y1={y} y2={y} />
        <text x={box.left - 8} y={y + 4} textAnchor="end">
          {texts[i]}
        </text>
      </g>
    );
  });
}

function NameAxis({
  categories,
  box,
  isLying,
}: {
  readonly categories: readonly string[];
  readonly box: Box;
  readonly isLying: boolean;
}) {
  const room = (isLying ? box.height : box.width) / Math.max(1, categories.length);
  const every = Math.max(1, Math.ceil((isLying ? LYING_NAME_PIXELS : NAME_PIXELS) / room));
  const characters = Math.max(3, Math.floor((isLying ? box.left - 8 : room * every) / 6.5));
  return categories.map((name, i) => {
    if (i % every !== 0) return null;
    const short = name.length > characters ? `${name.slice(0, characters - 1)}…` : name;
    const at = (i + 0.5) * room;
    return isLying ? (
      <text key={i} x={box.left - 8} y={box.top + at + 4} textAnchor="end">
        {short}
      </text>
    ) : (
      <text key={i} x={box.left + at} y={box.top + box.height + 16} textAnchor="middle">
        {short}
      </text>
    );
  });
}
