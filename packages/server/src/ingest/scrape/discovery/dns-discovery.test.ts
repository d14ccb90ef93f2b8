import assert from 'node:assert/strict';
import * as dgram from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { test, type TestContext } from 'node:test';
import { labelsToRecord, VirtualClock } from '@vedette/model';
import { createMetricsRegistry } from '@vedette/sdk';
import { DiskFiles } from '../../../lib/disk-files.ts';
import { SILENT_LOG } from '../../../telemetry/log.ts';
import { createScrapeMetrics } from '../scrape-metrics.ts';
import type { TargetDiscovery } from './discovery.ts';
import { createDnsDiscovery, type DnsDiscoveryPlan } from './dns-discovery.ts';

const TYPES: Readonly<Record<string, number>> = { A: 1, NS: 2, MX: 15, AAAA: 28, SRV: 33 };
const NO_SUCH_NAME = 3;
const SERVER_FAILURE = 2;

/** What the name server knows: data of records by `TYPE name`, or a response code. */
type Zone = Map<string, readonly Buffer[] | number>;

function nameBytes(name: string): Buffer {
  const parts = name.split('.').map((part) => Buffer.concat([Buffer.from([part.length]), Buffer.from(part)]));
  return Buffer.concat([...parts, Buffer.from([0])]);
}

const uint16 = (...values: number[]): Buffer =>
  Buffer.from(values.flatMap((value) => [value >> 8, value & 255]));
const srv = (port: number, host: string): Buffer => Buffer.concat([uint16(10, 5, port), nameBytes(host)]);

/** Answers one question per packet, as far as RFC 1035 goes. */
function answerOf(packet: Buffer, zone: Zone): Buffer {
  let end = 12;
  const parts: string[] = [];
  for (let length = packet[end]!; length > 0; length = packet[end]!) {
    parts.push(packet.toString('latin1', end + 1, end + 1 + length));
    end += 1 + length;
  }
  const type = packet.readUInt16BE(end + 1);
  const question = packet.subarray(12, end + 5);
  const word = Object.keys(TYPES).find((key) => TYPES[key] === type);
  const found = zone.get(`${word} ${parts.join('.')}`) ?? NO_SUCH_NAME;
  const records = typeof found === 'number' ? [] : found;
  const flags = 0x8180 | (typeof found === 'number' ? found : 0);
  return Buffer.concat([
    packet.subarray(0, 2),
    uint16(flags, 1, records.length, 0, 0),
    question,
    ...records.map((data) => Buffer.concat([uint16(0xc00c, type, 1, 0, 60, data.length), data])),
  ]);
}

async function startNameServer(t: TestContext, zone: Zone): Promise<Resolver> {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (packet, from) => socket.send(answerOf(packet, zone), from.port, from.address));
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  t.after(() => socket.close());
  const resolver = new Resolver({ timeout: 60_000, tries: 1 });
  resolver.setServers([`127.0.0.1:${socket.address().port}`]);
  return resolver;
}

async function createFixture(
  t: TestContext,
  zone: Zone,
  plan: Partial<DnsDiscoveryPlan>,
): Promise<{ discovery: TargetDiscovery; logged: string[] }> {
  const logged: string[] = [];
  const discovery = createDnsDiscovery(
    {
      clock: new VirtualClock({ startMs: 0 }),
      files: new DiskFiles(),
      log: { ...SILENT_LOG, warn: (_message, fields) => void logged.push(String(fields?.['error'])) },
      metrics: createScrapeMetrics(createMetricsRegistry()),
    },
    { kind: 'dns', names: ['web.example'], type: 'A', port: 9100, refreshMs: 30_000, ...plan },
    await startNameServer(t, zone),
  );
  t.after(() => discovery.stop());
  return { discovery, logged };
}

test('each type of record becomes targets', async (t) => {
  const cases: [Partial<DnsDiscoveryPlan>, readonly Buffer[], Record<string, string>[]][] = [
    [
      { type: 'SRV', port: undefined },
      [srv(9200, 'b.example'), srv(9100, 'a.example')],
      [
        {
          __address__: 'a.example:9100',
          __meta_dns_srv_record_target: 'a.example.',
          __meta_dns_srv_record_port: '9100',
        },
        {
          __address__: 'b.example:9200',
          __meta_dns_srv_record_target: 'b.example.',
          __meta_dns_srv_record_port: '9200',
        },
      ],
    ],
    [
      { type: 'A' },
      [Buffer.from([10, 0, 0, 2]), Buffer.from([10, 0, 0, 1])],
      [{ __address__: '10.0.0.1:9100' }, { __address__: '10.0.0.2:9100' }],
    ],
    [
      { type: 'AAAA' },
      [Buffer.concat([Buffer.from([0x20, 1]), Buffer.alloc(13), Buffer.from([7])])],
      [{ __address__: '[2001::7]:9100' }],
    ],
    [
      { type: 'MX' },
      [Buffer.concat([uint16(10), nameBytes('mail.example')])],
      [{ __address__: 'mail.example:9100', __meta_dns_mx_record_target: 'mail.example.' }],
    ],
    [
      { type: 'NS' },
      [nameBytes('ns.example')],
      [{ __address__: 'ns.example:9100', __meta_dns_ns_record_target: 'ns.example.' }],
    ],
  ];
  for (const [plan, records, want] of cases) {
    const zone: Zone = new Map([[`${plan.type} web.example`, records]]);
    const { discovery } = await createFixture(t, zone, plan);
    assert.equal(await discovery.refresh(), true);
    assert.deepEqual(
      discovery.targets().map(labelsToRecord),
      want.map((labels) => ({ ...labels, __meta_dns_name: 'web.example' })),
    );
    assert.equal(await discovery.refresh(), false);
  }
});

test('a name that is gone has no targets, one that cannot be asked keeps what it had', async (t) => {
  const zone: Zone = new Map([
    ['A one.example', [Buffer.from([10, 0, 0, 1])]],
    ['A two.example', [Buffer.from([10, 0, 0, 2])]],
  ]);
  const { discovery, logged } = await createFixture(t, zone, { names: ['one.example', 'two.example'] });
  await discovery.refresh();
  assert.equal(discovery.targets().length, 2);
  zone.set('A one.example', NO_SUCH_NAME);
  zone.set('A two.example', SERVER_FAILURE);
  assert.equal(await discovery.refresh(), true);
  assert.deepEqual(discovery.targets().map(labelsToRecord), [
    { __address__: '10.0.0.2:9100', __meta_dns_name: 'two.example' },
  ]);
  assert.match(logged.join(), /cannot resolve A records of "two\.example": ESERVFAIL/);
});
