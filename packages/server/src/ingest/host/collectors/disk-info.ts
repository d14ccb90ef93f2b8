import type { CollectorContext, HostFamily } from '../collector.ts';

// udev's files change when a disk is plugged in or formatted; a disk that came a minute ago is soon enough.
const UDEV_MS = 60_000;

type Properties = ReadonlyMap<string, string>;

interface BlockDevice {
  readonly device: string;
  readonly major: string;
  readonly minor: string;
}

/** The `_info` families of block devices, from udev's records in /run/udev/data; read once a minute. */
export function createDiskInfo({
  files,
  families,
  monotonicMs,
}: CollectorContext): (disk: BlockDevice) => void {
  const info = families('gauge', 'node_disk_info', 'What udev knows about the device; always 1.', [
    'device',
    'major',
    'minor',
    'path',
    'wwn',
    'model',
    'serial',
    'revision',
  ]);
  const fileSystem = families('gauge', 'node_disk_filesystem_info', 'File system on the device; always 1.', [
    'device',
    'type',
    'usage',
    'uuid',
    'version',
  ]);
  const mapper = families('gauge', 'node_disk_device_mapper_info', 'Device mapper of the device; always 1.', [
    'device',
    'name',
    'uuid',
    'vg_name',
    'lv_name',
    'lv_layer',
  ]);
  const ata: readonly (readonly [property: string, family: HostFamily])[] = [
    [
      'ID_ATA_WRITE_CACHE',
      families('gauge', 'node_disk_ata_write_cache', 'ATA disk has a write cache.', ['device']),
    ],
    [
      'ID_ATA_WRITE_CACHE_ENABLED',
      families('gauge', 'node_disk_ata_write_cache_enabled', 'ATA disk uses its write cache.', ['device']),
    ],
    [
      'ID_ATA_ROTATION_RATE_RPM',
      families('gauge', 'node_disk_ata_rotation_rate_rpm', 'Rotations per minute; 0 for an SSD.', ['device']),
    ],
  ];
  const cache = new Map<string, { properties: Properties; readMs: number }>();
  const propertiesOf = (id: string): Properties => {
    const known = cache.get(id);
    const nowMs = monotonicMs();
    if (known !== undefined && nowMs - known.readMs < UDEV_MS) return known.properties;
    const properties = parseUdev(files.read(`/run/udev/data/b${id}`) ?? '');
    cache.set(id, { properties, readMs: nowMs });
    return properties;
  };
  return ({ device, major, minor }) => {
    const properties = propertiesOf(`${major}:${minor}`);
    const of = (name: string): string => properties.get(name) ?? '';
    const serial = of('SCSI_IDENT_SERIAL') || of('ID_SERIAL_SHORT');
    info.add(1, device, major, minor, of('ID_PATH'), of('ID_WWN'), of('ID_MODEL'), serial, of('ID_REVISION'));
    if (of('ID_FS_TYPE') !== '')
      fileSystem.add(1, device, of('ID_FS_TYPE'), of('ID_FS_USAGE'), of('ID_FS_UUID'), of('ID_FS_VERSION'));
    if (of('DM_NAME') !== '')
      mapper.add(1, device, ...['DM_NAME', 'DM_UUID', 'DM_VG_NAME', 'DM_LV_NAME', 'DM_LV_LAYER'].map(of));
    if (of('ID_ATA') === '') return;
    for (const [property, family] of ata) if (of(property) !== '') family.add(Number(of(property)), device);
  };
}

/** Lines `E:NAME=value`; the others are links, tags and priorities. */
function parseUdev(text: string): Properties {
  const properties = new Map<string, string>();
  for (const line of text.split('\n')) {
    const equals = line.indexOf('=');
    if (line.startsWith('E:') && equals > 0) properties.set(line.slice(2, equals), line.slice(equals + 1));
  }
  return properties;
}
