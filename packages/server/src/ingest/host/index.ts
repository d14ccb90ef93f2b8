export { hostConfig, hostOptionsOf, type HostConfig } from './config.ts';
export {
  createHostCollector,
  type HostCollector,
  type HostCollectorDeps,
  type HostCollectorOptions,
} from './host-collector.ts';
