// A door of its own: a server whose guard nobody uses does not load what judges users.
export { createBehaviour } from './behaviour.ts';
export { createProcessLoadReader } from './dynamic-thresholds.ts';
