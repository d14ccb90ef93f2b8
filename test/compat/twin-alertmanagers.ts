import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { freePort } from '../support/free-port.ts';
import { PEERS, projectRoot } from '../support/peers.ts';
import { until } from '../support/until.ts';
import { temporaryDirectory, type Lifetime } from '../support/vedette-process.ts';

/** Debian's Alertmanager 0.25 and `vedette alertmanager`, with the same configuration. */
export interface TwinAlertmanagers {
  readonly theirs: string;
  readonly ours: string;
}

const VEDETTE = path.join(projectRoot, 'packages/server/bin/vedette');

/** Starts both on free loopback ports, each with data of its own; resolves with their URLs. */
export async function startTwinAlertmanagers(t: Lifetime, config: string): Promise<TwinAlertmanagers> {
  const [theirs, ours] = await Promise.all([
    startAlertmanagerProgram(t, {
      program: [PEERS.alertmanager],
      config,
      flags: ['--cluster.listen-address='],
    }),
    startAlertmanagerProgram(t, { program: [VEDETTE, 'alertmanager'], config }),
  ]);
  return { theirs, ours };
}

async function startAlertmanagerProgram(
  t: Lifetime,
  given: { readonly program: readonly string[]; readonly config: string; readonly flags?: readonly string[] },
): Promise<string> {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'alertmanager.yml');
  writeFileSync(file, given.config);
  const address = `127.0.0.1:${await freePort()}`;
  const [command = '', ...first] = given.program;
  const args = [
    ...first,
    `--config.file=${file}`,
    `--storage.path=${path.join(directory, 'data')}`,
    `--web.listen-address=${address}`,
    '--log.level=error',
    ...(given.flags ?? []),
  ];
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const closed = new Promise((resolve) => child.on('close', resolve));
  t.after(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  const url = `http://${address}`;
  const ready = await until(`${command} to be ready`, async () => {
    if (child.exitCode !== null) return new Error(`${command} ended: ${stderr}`);
    return (await fetch(`${url}/-/ready`)).ok ? true : undefined;
  });
  if (ready instanceof Error) throw ready;
  return url;
}
