import { InputError, type Labels } from '@vedette/model';
import { z } from 'zod';
import { targetGroup } from '../../../lib/discovery-config.ts';
import { HttpClient } from '../../../lib/http-client.ts';
import type { HttpClientConfig } from '../../../lib/http-client-config.ts';
import { fetchPage } from '../page-request.ts';
import {
  targetLabelsOf,
  type DiscoveryDeps,
  type DiscoveryOptions,
  type TargetDiscovery,
} from './discovery.ts';
import { PolledDiscovery } from './polled-discovery.ts';

export interface HttpDiscoveryPlan {
  readonly kind: 'http';
  readonly url: string;
  readonly refreshMs: number;
  readonly http: HttpClientConfig;
}

/** Parsing holds the event loop: 8 MiB of JSON (about 50,000 targets) take some 60 ms. */
const BODY_BYTES_MAX = 8 * 1024 * 1024;

const targetGroups = z.array(targetGroup);

/** Targets from a URL that answers with a JSON list of target groups, as Prometheus' `http_sd_configs`. */
export function createHttpDiscovery(
  deps: DiscoveryDeps,
  plan: HttpDiscoveryPlan,
  options: DiscoveryOptions,
): TargetDiscovery {
  const { url, refreshMs } = plan;
  const client = new HttpClient(deps, { config: plan.http, directory: options.directory });
  const look = async (signal: AbortSignal): Promise<readonly Labels[]> => {
    const page = await fetchPage(
      {
        url,
        headers: {
          'user-agent': options.userAgent,
          accept: 'application/json',
          'accept-encoding': 'gzip',
          'x-prometheus-refresh-interval-seconds': String(refreshMs / 1000),
        },
        secretHeaders: await client.secretHeaders(),
        agents: await client.agents(),
        bodyBytesMax: BODY_BYTES_MAX,
        followsRedirects: plan.http.follow_redirects,
      },
      signal,
    );
    if (!/^application\/json\s*(?:;.*)?$/i.test(page.contentType))
      throw fault(url, `unsupported content type ${JSON.stringify(page.contentType)}, want application/json`);
    return parseTargets(url, page.body);
  };
  const polled = new PolledDiscovery(deps, { kind: 'http', source: url, refreshMs, look });
  const stop = polled.stop.bind(polled);
  polled.stop = () => {
    stop();
    client.close();
  };
  return polled;
}

function parseTargets(url: string, body: Uint8Array): readonly Labels[] {
  let content: unknown;
  try {
    content = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch (error) {
    throw fault(url, error instanceof Error ? error.message : String(error));
  }
  const result = targetGroups.safeParse(content ?? []);
  if (!result.success) throw fault(url, z.prettifyError(result.error));
  return result.data.flatMap((group) => targetLabelsOf(group, [['__meta_url', url]]));
}

function fault(url: string, reason: string): InputError {
  return new InputError('VED_SCRAPE_FAILED', `cannot use the targets of "${url}": ${reason}`);
}
