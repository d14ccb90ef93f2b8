/** Decisions told by way of Redis: a connection, and the mirror that writes to it. Imported on use. */
import type { Clock, Files, Random } from '@vedette/model';
import { Secret } from './lib/secret.ts';
import type { BanMirror } from './respond/guard-redis/ban-mirror.ts';
import type { GuardRedisConfig } from './respond/guard-redis/config.ts';
import type { DecisionFeed } from './respond/index.ts';
import type { Log } from './telemetry/log.ts';

export interface MirrorDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly files: Pick<Files, 'read'>;
  readonly log: Log;
  readonly feed: Pick<DecisionFeed, 'follow'>;
}

/** `undefined` without a configuration. Connects in the background: an unreachable Redis stops nobody here. */
export async function openBanMirror(
  deps: MirrorDeps,
  { config, holder }: { readonly config: GuardRedisConfig | undefined; readonly holder: string },
): Promise<BanMirror | undefined> {
  if (config === undefined) return undefined;
  const { createBanMirror } = await import('./respond/guard-redis/ban-mirror.ts');
  const { openRedisConnection } = await import('./lib/redis-connection.ts');
  return createBanMirror(
    {
      ...deps,
      openRedis: () =>
        openRedisConnection(deps, {
          url: config.url,
          password: passwordOf(deps.files, config.password_file),
          name: 'vedette-guard',
        }),
    },
    { prefix: config.prefix, bannedPrefix: config.banned_prefix, holder },
  );
}

/** Read before each connection, so that it may change. */
export function passwordOf(
  files: Pick<Files, 'read'>,
  file: string | undefined,
): (() => Promise<Secret>) | undefined {
  if (file === undefined) return undefined;
  return async () =>
    new Secret(
      Buffer.from(await files.read(file))
        .toString('utf8')
        .trim(),
    );
}
