import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectOver } from '../collector-fixture.ts';
import { netclass } from './netclass.ts';

const ETH = '/sys/class/net/eth0';

test('numbers in decimal and hexadecimal, speed in bytes, and what is not there is left out', async () => {
  assert.deepEqual(
    await collectOver(netclass, {
      [`${ETH}/ifindex`]: '2\n',
      [`${ETH}/flags`]: '0x1003\n',
      [`${ETH}/mtu`]: '1500\n',
      [`${ETH}/carrier_up_count`]: '3\n',
      [`${ETH}/speed`]: '1000\n',
      [`${ETH}/duplex`]: 'full\n',
      [`${ETH}/operstate`]: 'up\n',
      [`${ETH}/address`]: '02:00:00:00:00:01\n',
      [`${ETH}/ifalias`]: '\n',
      [`${ETH}/statistics/rx_nohandler`]: '7\n',
    }),
    {
      'node_network_iface_id{device="eth0"}': 2,
      'node_network_flags{device="eth0"}': 4099,
      'node_network_mtu_bytes{device="eth0"}': 1500,
      'node_network_carrier_up_changes_total{device="eth0"}': 3,
      'node_network_speed_bytes{device="eth0"}': 125_000_000,
      'node_network_up{device="eth0"}': 1,
      'node_network_info{address="02:00:00:00:00:01", device="eth0", duplex="full", operstate="up"}': 1,
      'node_network_receive_nohandler_total{device="eth0"}': 7,
    },
  );
});

test('lo has properties but no traffic, and its state `unknown` is not up', async () => {
  const values = await collectOver(netclass, {
    '/sys/class/net/lo/ifindex': '1\n',
    '/sys/class/net/lo/operstate': 'unknown\n',
    '/sys/class/net/lo/statistics/rx_nohandler': '0\n',
  });
  assert.equal(values['node_network_up{device="lo"}'], 0);
  assert.equal(values['node_network_receive_nohandler_total{device="lo"}'], undefined);
});

test('a file among the devices, such as bonding_masters, is none', async () => {
  const values = await collectOver(netclass, {
    '/sys/class/net/bonding_masters/x': '',
    [`${ETH}/ifindex`]: '2\n',
  });
  assert.ok(Object.keys(values).every((series) => series.includes('device="eth0"')));
});
