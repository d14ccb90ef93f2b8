import { NoDataError, type CollectorDefinition } from '../collector.ts';

/** Files below /sys/class/dmi/id; each is the label of its name, but for `sys_vendor`. */
const FILES = [
  'bios_date',
  'bios_release',
  'bios_vendor',
  'bios_version',
  'board_asset_tag',
  'board_name',
  'board_serial',
  'board_vendor',
  'board_version',
  'chassis_asset_tag',
  'chassis_serial',
  'chassis_vendor',
  'chassis_version',
  'product_family',
  'product_name',
  'product_serial',
  'product_sku',
  'product_uuid',
  'product_version',
  'sys_vendor',
];

/** What the firmware says about the hardware. Serial numbers are readable for root only, and absent otherwise. */
export const dmi: CollectorDefinition = {
  name: 'dmi',
  pace: 'background',
  create: ({ files, families }) => {
    const labelNames = FILES.map((file) => (file === 'sys_vendor' ? 'system_vendor' : file));
    const help = 'What the firmware says about the hardware; always 1.';
    const info = families('gauge', 'node_dmi_info', help, labelNames);
    return () => {
      const values = FILES.map((file) => files.read(`/sys/class/dmi/id/${file}`)?.trim() ?? '');
      if (values.every((value) => value === '')) throw new NoDataError('/sys/class/dmi/id');
      info.add(1, ...values);
    };
  },
};
