export {
  createSelfCollector,
  type SelfCollector,
  type SelfCollectorDeps,
  type SelfCollectorOptions,
} from './self-collector.ts';
