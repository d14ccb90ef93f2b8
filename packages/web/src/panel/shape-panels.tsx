export { BarChartPanel } from './bar-chart-panel.tsx';
export { HistogramPanel } from './histogram-panel.tsx';
export { PiePanel } from './pie-panel.tsx';
