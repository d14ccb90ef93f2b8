export { type PacksConfig, packsConfigSchema } from './config.ts';
export { type ContentPacks, loadContentPacks, type Runbook } from './packs.ts';
