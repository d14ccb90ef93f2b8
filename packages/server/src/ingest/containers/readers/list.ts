import type { ContainerReader } from '../container.ts';
import { cpu } from './cpu.ts';
import { disk } from './disk.ts';
import { memory } from './memory.ts';
import { network } from './network.ts';
import { pressure } from './pressure.ts';
import { processes } from './processes.ts';
import { times } from './times.ts';

/** Every reader, in the order they run. A new one needs its file and its line here. */
export const CONTAINER_READERS: readonly ContainerReader[] = [
  times,
  cpu,
  memory,
  disk,
  pressure,
  network,
  processes,
];
