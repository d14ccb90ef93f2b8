export type * from './coverage.ts';
export * from './dashboard.ts';
export type * from './frame.ts';

// Reading and editing.
export { newPanel } from './edit/new-panel.ts';
export {
  addPanel,
  duplicatePanel,
  nextPanelId,
  panelJson,
  placePanels,
  removePanel,
  replacePanel,
} from './edit/panels.ts';
export { newDashboard, setDashboardOptions, setVariables, type DashboardOptions } from './edit/settings.ts';
export { compactGrid } from './read/grid.ts';
export { DASHBOARD_BYTES_MAX, parseDashboardText } from './read/parse-text.ts';
export { readDashboard } from './read/read-dashboard.ts';

// Variables, filling, frames and values.
