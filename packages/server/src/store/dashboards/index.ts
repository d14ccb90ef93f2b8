export type {
  DashboardChange,
  DashboardHead,
  DashboardStore,
  DashboardSummary,
  StoredDashboardWrite,
} from './port.ts';
export { assertStoredSize, StateDashboards } from './state-dashboards.ts';
