import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { freePort } from '../support/free-port.ts';
import { PEERS } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { temporaryDirectory, type Lifetime } from '../support/vedette-process.ts';

/** Starts Debian's Prometheus with this configuration and further flags on a free loopback port; resolves with its URL once it is ready. */
export async function startPrometheus(
  t: Lifetime,
  config: string,
  flags: readonly string[] = [],
): Promise<string> {
  return (await startPrometheusProcess(t, config, flags)).url;
}

/** A Prometheus that can be killed and started again at the same port, with the same data. */
export interface PrometheusProcess {
  readonly url: string;
  stop(): Promise<void>;
  restart(): Promise<void>;
}

export async function startPrometheusProcess(
  t: Lifetime,
  config: string,
  flags: readonly string[] = [],
): Promise<PrometheusProcess> {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'prometheus.yml');
  writeFileSync(file, config);
  const port = await freePort();
  const args = [
    ...flags,
    `--config.file=${file}`,
    ...(flags.some((flag) => flag.startsWith('--storage.tsdb.path='))
      ? []
      : [`--storage.tsdb.path=${path.join(directory, 'data')}`]),
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ];
  const url = `http://127.0.0.1:${port}`;
  let stop = async (): Promise<void> => undefined;
  const start = async (): Promise<void> => {
    const child = spawn(PEERS.prometheus, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    const closed = new Promise((resolve) => child.on('close', resolve));
    stop = async () => {
      child.kill('SIGKILL');
      await closed;
    };
    await until('Prometheus to be ready', async () =>
      (await fetch(`${url}/-/ready`)).ok ? true : undefined,
    );
  };
  t.after(() => stop());
  await start();
  return { url, stop: () => stop(), restart: start };
}
