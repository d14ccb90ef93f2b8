import { MantineProvider } from '@mantine/core';
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import { I18nextProvider } from 'react-i18next';
import { AXIS_LOOK, chartModelOf } from '../src/chart/chart-model.ts';
import { frameOfSnap, type Frame } from '../src/chart/frame.ts';
import { cellsOfRaw } from '../src/chart/heatmap-cells.ts';
import { paintHeatmap, type HeatmapLook } from '../src/chart/heatmap-paint.ts';
import { TimeSeries } from '../src/chart/time-series.tsx';
import { startI18n } from '../src/i18n/i18n.ts';

/** What `measure-charts.ts` asks of the page. */
declare global {
  interface Window {
    /** New numbers of 50 series of 2,000 points, until the frame is painted, in ms. */
    measureUpdate: (round: number) => Promise<{ readonly script: number; readonly painted: number }>;
    /** A heatmap of 240 × 40 cells, in ms. */
    measureHeatmap: () => number;
  }
}

const SERIES = 50;
const POINTS = 2000;
const STEP_MS = 1000;

function frameOf(round: number): Frame {
  return frameOfSnap({
    t0: round * STEP_MS,
    step: STEP_MS,
    n: POINTS,
    series: Array.from({ length: SERIES }, (_, s) => ({
      q: 0,
      l: { series: String(s) },
      v: Array.from({ length: POINTS }, (_, i) => s + Math.sin((i + round + s * 40) / 60) * 4),
    })),
  });
}

const nothing = (): void => undefined;
const NONE: ReadonlySet<string> = new Set();
const nameOf = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): string =>
  labels['series'] ?? '';

function Chart({ frame }: { readonly frame: Frame }) {
  const model = chartModelOf(frame, { nameOf, unit: 'short', isStacked: false, scheme: 'light' });
  return (
    <TimeSeries
      model={model}
      axes={[AXIS_LOOK]}
      height={340}
      title="speed"
      hidden={NONE}
      onZoom={nothing}
      onZoomBack={nothing}
    />
  );
}

const i18n = await startI18n();
const root = createRoot(document.getElementById('root') ?? document.body);
const show = (frame: Frame): void =>
  flushSync(() =>
    root.render(
      <I18nextProvider i18n={i18n}>
        <MantineProvider>
          <Chart frame={frame} />
        </MantineProvider>
      </I18nextProvider>,
    ),
  );

/** After the next frame was painted: a message is handled behind it. */
function afterPaint(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve();
      port2.postMessage(undefined);
    });
  });
}

show(frameOf(0));

window.measureUpdate = async (round) => {
  const frame = frameOf(round);
  await afterPaint();
  const fromMs = performance.now();
  show(frame);
  const script = performance.now() - fromMs;
  await afterPaint();
  return { script, painted: performance.now() - fromMs };
};

window.measureHeatmap = () => {
  const timesMs = Array.from({ length: 20_000 }, (_, i) => i * 12);
  const values = timesMs.map((_, i) => (Math.sin(i) + 1) * 20);
  const bounds = { fromMs: 0, toMs: 240_000 };
  const cells = cellsOfRaw([{ timesMs, values }], {
    ...bounds,
    stepMs: 1000,
    rowSize: 1,
    rowCount: 40,
    log: 0,
  });
  const look: HeatmapLook = {
    scale: 'rows',
    min: 0,
    max: 20,
    exponent: 1,
    gap: 1,
    hiddenUpTo: 0,
    scheme: 'light',
    language: 'en',
    width: 900,
    height: 340,
    bounds,
    labelOf: String,
  };
  const canvas = document.createElement('canvas');
  const fromMs = performance.now();
  paintHeatmap(canvas, cells, look);
  canvas.getContext('2d')?.getImageData(0, 0, 1, 1);
  return performance.now() - fromMs;
};
