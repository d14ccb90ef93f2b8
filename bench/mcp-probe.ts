/**
 * Loaded into a server under measurement (`--import`): at SIGUSR2 it collects garbage and appends what is left on the heap, in
 * bytes, to the file that `VEDETTE_BENCH_HEAP` names.
 */
import { appendFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const file = process.env['VEDETTE_BENCH_HEAP'];
setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');
if (file !== undefined && typeof collect === 'function')
  process.on('SIGUSR2', () => {
    collect();
    collect();
    appendFileSync(file, `${process.memoryUsage().heapUsed}\n`);
  });
