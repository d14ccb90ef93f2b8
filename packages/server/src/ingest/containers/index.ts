export { containersConfig, containerOptionsOf } from './config.ts';
export { createContainerCollector, type ContainerCollector } from './container-collector.ts';
