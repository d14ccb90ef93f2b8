import { existsSync } from 'node:fs';
import * as path from 'node:path';

/** The project's folder. */
export const projectRoot = path.resolve(import.meta.dirname, '../..');

/**
 * For the `skip` option of a test that needs a peer program or shared data: false when it is there, a
 * reason when it is not. With VEDETTE_PEERS=required a missing one throws, so that CI cannot pass by skipping.
 */
export function skipWithout(...needs: readonly string[]): string | false {
  const missing = needs.filter((need) => !existsSync(need));
  if (missing.length === 0) return false;
  const reason = `missing: ${missing.join(', ')}`;
  if (process.env['VEDETTE_PEERS'] === 'required') throw new Error(`${reason}; VEDETTE_PEERS=required`);
  return reason;
}

/** Debian's programs that we are compared with. */
export const PEERS = {
  prometheus: '/usr/bin/prometheus',
  promtool: '/usr/bin/promtool',
  alertmanager: '/usr/bin/prometheus-alertmanager',
  nodeExporter: '/usr/bin/prometheus-node-exporter',
  chromium: '/usr/bin/chromium',
  amtool: '/usr/bin/amtool',
  nginx: '/usr/sbin/nginx',
  caddy: '/usr/bin/caddy',
  crowdsecCustomBouncer: '/usr/bin/crowdsec-custom-bouncer',
} as const;
