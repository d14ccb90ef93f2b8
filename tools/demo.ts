/**
 * `npm run demo [-- --listen HOST:PORT] [--data DIR] [--fault-every SECONDS] [--seconds N]`: a shop with visitors, a
 * fault every three minutes and somebody who takes too much, watched by a server of its own.
 *
 * Nothing is invented but the shop's world (`demo/world.ts`): metrics come from its SDK, alerts from rules over them,
 * decisions from the guard. Data lies in a temporary folder that goes with it, unless `--data` names one. Ends with
 * Ctrl-C, or after `--seconds`; exits 0, or 2 for wrong usage.
 */
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { runWithLifetime } from '../test/support/lifetime.ts';
import { createPaint } from './demo-guard/timeline.ts';
import { startDemo, type DemoEvent } from './demo/scene.ts';
import type { Fault } from './demo/world.ts';

/** A fault has to fire, be told and end again within its turn. */
const FAULT_EVERY_SECONDS_MIN = 90;

/** Of the time between two faults. */
const FAULT_SHARE = 0.4;

const CALM_MS = 45_000;
const ABUSER_REST_MS = 30_000;

const WORDS: Readonly<Record<Fault, readonly [begins: string, ends: string]>> = {
  payments: ['the provider of payments refuses every second order', 'payments go through again'],
  database: ['the database is forty times slower', 'the database is fast again'],
  mails: ['nobody sends mails any more', 'mails are sent again'],
  model: ['the model is slow and talks twenty times as much', 'the model is brief again'],
  crash: ['the shop crashed', 'the shop is back, with its next version'],
};

const { values } = parseArgs({
  options: {
    listen: { type: 'string' },
    data: { type: 'string' },
    'fault-every': { type: 'string', default: '180' },
    seconds: { type: 'string' },
  },
});
const paint = createPaint(process.stdout.isTTY && process.env['NO_COLOR'] === undefined);
process.exitCode = await main(
  Number(values['fault-every']),
  values.seconds === undefined ? undefined : Number(values.seconds),
);

async function main(faultEverySeconds: number, seconds: number | undefined): Promise<number> {
  if (!(faultEverySeconds >= FAULT_EVERY_SECONDS_MIN) || (seconds !== undefined && !(seconds > 0))) {
    console.error(
      `usage: npm run demo -- [--listen HOST:PORT] [--data DIR] [--fault-every SECONDS (at least ${FAULT_EVERY_SECONDS_MIN})] [--seconds N]`,
    );
    return 2;
  }
  const ended = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => ended.abort());
  await runWithLifetime(async (lifetime) => {
    console.log('Starting a server and a shop …');
    const faultEveryMs = faultEverySeconds * 1000;
    const demo = await startDemo(lifetime, {
      faultEveryMs,
      faultMs: faultEveryMs * FAULT_SHARE,
      calmMs: CALM_MS,
      abuserRestMs: ABUSER_REST_MS,
      ...(values.listen === undefined ? {} : { listen: values.listen }),
      ...(values.data === undefined ? {} : { dataDirectory: values.data }),
      onEvent: (event) => console.log(lineOf(event)),
    });
    introduce(demo.server.url, faultEverySeconds);
    const signal =
      seconds === undefined
        ? ended.signal
        : AbortSignal.any([ended.signal, AbortSignal.timeout(seconds * 1000)]);
    if (!signal.aborted) await once(signal, 'abort');
    await demo.stop();
    demo.server.kill('SIGTERM');
    await demo.server.exited();
  });
  return 0;
}

function introduce(url: string, faultEverySeconds: number): void {
  console.log(`
  Overview     ${url}/
  Dashboards   ${url}/dashboards
  Alerts       ${url}/alerts
  Guard        ${url}/guard       mallory searches too much, and is kept out for 40 s at a time

Twelve people and some strangers shop. In 45 s the first thing breaks, then one every ${faultEverySeconds} s. Ctrl-C ends it.
`);
}

function lineOf(event: DemoEvent): string {
  const time = paint.dim(new Date().toTimeString().slice(0, 8));
  if (event.kind === 'fault') {
    const [begins, ends] = WORDS[event.fault];
    return `${time}  ${event.isBegin ? paint.warn(`breaks  ${begins}`) : paint.good(`mended  ${ends}`)}`;
  }
  const isFiring = event.status === 'firing';
  const text = `${isFiring ? 'told' : 'over'}    ${event.alerts.slice(0, 3).join('; ')}`;
  return `${time}  ${isFiring ? paint.bad(text) : paint.good(text)}`;
}
