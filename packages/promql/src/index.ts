export * from './parser.ts';
export {
  createPromqlEngine,
  STEPS_MAX,
  type PromqlEngine,
  type PromqlEngineDeps,
  type PromqlEngineOptions,
  type PromqlInstantRequest,
  type PromqlRangeRequest,
  type PromqlRequestOptions,
} from './engine/engine.ts';
