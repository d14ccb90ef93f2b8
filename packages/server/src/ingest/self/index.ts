export { createSelfCollector, type SelfCollector } from './self-collector.ts';
