export { BarGaugePanel } from './bar-gauge-panel.tsx';
export { GaugePanel } from './gauge-panel.tsx';
export { StatPanel } from './stat-panel.tsx';
