export { type PacksConfig, packsConfigSchema } from './config.ts';
export { DashboardFiles, type DashboardFile, type DashboardFilesOptions } from './dashboard-files.ts';
export { assertDashboard, isDashboardUid, summaryOfDashboard } from './dashboard-text.ts';
export { type ContentPacks, loadContentPacks } from './packs.ts';
