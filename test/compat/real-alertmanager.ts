import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { PEERS } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { temporaryDirectory, type Lifetime } from '../support/vedette-process.ts';
import { freePort } from '../support/free-port.ts';

const CONFIG = 'route: { receiver: nobody }\nreceivers: [ { name: nobody } ]\n';

/** Starts Debian's Alertmanager with this configuration on a free loopback port; resolves with its `host:port` once it is ready. */
export async function startAlertmanager(t: Lifetime, config = CONFIG): Promise<string> {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'alertmanager.yml');
  writeFileSync(file, config);
  const address = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${file}`,
    `--storage.path=${path.join(directory, 'data')}`,
    `--web.listen-address=${address}`,
    '--cluster.listen-address=',
    '--log.level=error',
  ];
  const child = spawn(PEERS.alertmanager, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const closed = new Promise((resolve) => child.on('close', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  await until('Alertmanager to be ready', async () =>
    (await fetch(`http://${address}/-/ready`)).ok ? true : undefined,
  );
  return address;
}
