export type {
  DashboardChange,
  DashboardHead,
  DashboardStore,
  DashboardSummary,
  StoredDashboardWrite,
} from './port.ts';
export { StateDashboards } from './state-dashboards.ts';
