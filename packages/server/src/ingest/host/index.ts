export { hostConfig, hostOptionsOf } from './config.ts';
export { createHostCollector, type HostCollector } from './host-collector.ts';
