export { listenAlertmanager, type AlertmanagerServerOptions } from './alertmanager-server.ts';
export { enforcementSchema, type EnforcementConfig } from './guard/config.ts';
export type { AlertingView } from './alertmanager-api/alertmanager-routes.ts';
export { serverSchema, type ServerConfig } from './config.ts';
export {
  createHttpServer,
  type HttpServer,
  type HttpServerDeps,
  type RunningHttpServer,
} from './http-server.ts';
export type { SelectorParser } from './prometheus-api/parameters.ts';
export { PROMETHEUS_VERSION, type ServerView } from './prometheus-api/status-routes.ts';
export type * from './prometheus-api/views.ts';
export type { AlertInsightView } from './vedette-api/alerting-routes.ts';
export type { ReceiversView } from './vedette-api/receiver-routes.ts';
export type { PushView } from './vedette-api/push-routes.ts';
export type { SeriesView } from './vedette-api/cardinality-route.ts';
export type { NotificationsView, RunbooksView } from './vedette-api/vedette-routes.ts';
export { UiBuild, type UiBuildDeps, type UiState } from './web/ui-build.ts';
export { runViteBuild } from './web/vite-build.ts';
