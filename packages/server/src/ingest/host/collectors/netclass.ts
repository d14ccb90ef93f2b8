import type { MetricType } from '@vedette/model';
import {
  NoDataError,
  type CollectorContext,
  type CollectorDefinition,
  type HostFamily,
} from '../collector.ts';

/** Files of /sys/class/net/<device> with one number each, decimal or 0x…; a device has some of them. */
const PROPERTIES: readonly (readonly [file: string, property: string, type: MetricType])[] = [
  ['addr_assign_type', 'address_assign_type', 'gauge'],
  ['carrier', 'carrier', 'gauge'],
  ['carrier_changes', 'carrier_changes_total', 'counter'],
  ['carrier_up_count', 'carrier_up_changes_total', 'counter'],
  ['carrier_down_count', 'carrier_down_changes_total', 'counter'],
  ['dev_id', 'device_id', 'gauge'],
  ['dormant', 'dormant', 'gauge'],
  ['flags', 'flags', 'gauge'],
  ['ifindex', 'iface_id', 'gauge'],
  ['iflink', 'iface_link', 'gauge'],
  ['link_mode', 'iface_link_mode', 'gauge'],
  ['mtu', 'mtu_bytes', 'gauge'],
  ['name_assign_type', 'name_assign_type', 'gauge'],
  ['netdev_group', 'net_dev_group', 'gauge'],
  ['type', 'protocol_type', 'gauge'],
  ['tx_queue_len', 'transmit_queue_length', 'gauge'],
];

/** The file is in Mbit/s. */
const SPEED_BYTES = 1_000_000 / 8;

/**
 * Properties of each network device. `speed` and `duplex` ask the driver, which may take its time, so
 * they are read in the thread pool. `node_network_receive_nohandler_total` comes with them, though it
 * is traffic: /proc/net/dev does not have it, and one file per device and tick is too dear for it.
 */
export const netclass: CollectorDefinition = {
  name: 'netclass',
  pace: 'background',
  create: (context) => {
    const { files } = context;
    const addDevice = createDevice(context);
    return async () => {
      const devices = files.list('/sys/class/net').filter((name) => hasFile(context, name, 'ifindex'));
      if (devices.length === 0) throw new NoDataError('/sys/class/net');
      for (const device of devices) {
        const directory = `/sys/class/net/${device}`;
        const [speed, duplex] = await Promise.all([
          files.readSlow(`${directory}/speed`),
          files.readSlow(`${directory}/duplex`),
        ]);
        addDevice(device, { speed: speed?.trim(), duplex: duplex?.trim() ?? '' });
      }
    };
  },
};

function createDevice({
  files,
  families,
  options,
}: CollectorContext): (device: string, slow: { speed: string | undefined; duplex: string }) => void {
  const gauge = (name: string, help: string, labelNames: readonly string[] = ['device']): HostFamily =>
    families('gauge', `node_network_${name}`, help, labelNames);
  const properties = PROPERTIES.map(([file, property, type]) => ({
    file,
    family: families(type, `node_network_${property}`, `Network device property ${property}.`, ['device']),
  }));
  const speedBytes = gauge('speed_bytes', 'Bytes per second of the link; negative where it is not known.');
  const up = gauge('up', 'Whether the device is up.');
  const info = gauge('info', 'Addresses and state of the device; always 1.', [
    'device',
    'address',
    'broadcast',
    'duplex',
    'operstate',
    'ifalias',
  ]);
  const noHandler = families(
    'counter',
    'node_network_receive_nohandler_total',
    'Network device statistic receive_nohandler.',
    ['device'],
  );
  return (device, slow) => {
    const read = (file: string): string | undefined => files.read(`/sys/class/net/${device}/${file}`)?.trim();
    for (const { file, family } of properties) {
      const value = read(file);
      if (value !== undefined && value !== '') family.add(Number(value), device);
    }
    if (slow.speed !== undefined) speedBytes.add(Number(slow.speed) * SPEED_BYTES, device);
    const state = read('operstate') ?? '';
    up.add(state === 'up' ? 1 : 0, device);
    info.add(
      1,
      device,
      read('address') ?? '',
      read('broadcast') ?? '',
      slow.duplex,
      state,
      read('ifalias') ?? '',
    );
    const unhandled = options.netDevicesExclude.test(device) ? undefined : read('statistics/rx_nohandler');
    if (unhandled !== undefined) noHandler.add(Number(unhandled), device);
  };
}

function hasFile({ files }: CollectorContext, device: string, file: string): boolean {
  return files.read(`/sys/class/net/${device}/${file}`) !== undefined;
}
