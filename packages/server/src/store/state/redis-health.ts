/** What of Redis' own settings stands against keeping state in it. Looked at when a connection is made. */
import { FatalError } from '@vedette/model';
import { RedisRefusal, type RedisConnection, type RedisReply } from '../../lib/redis-connection.ts';

/** Throws `FatalError` for what can never work; otherwise sentences about what is not safe. */
export async function inspectRedis(connection: RedisConnection): Promise<readonly string[]> {
  const info = parseInfo(await connection.call(['INFO']));
  const mode = info.get('redis_mode') ?? 'standalone';
  if (mode !== 'standalone')
    throw new FatalError(
      'VED_STATE_UNAVAILABLE',
      `cannot keep state in Redis at ${connection.address}: it runs in ${mode} mode, which is not supported (a write touches several keys at once); name one primary without cluster mode in storage.state.url`,
    );
  const settings = await readSettings(connection);
  return [...roleProblems(info), ...durabilityProblems(info, settings), ...evictionProblems(info, settings)];
}

function roleProblems(info: ReadonlyMap<string, string>): string[] {
  return info.get('role') === 'slave'
    ? ['Redis is a replica and takes no writes; name the primary in storage.state.url']
    : [];
}

function durabilityProblems(
  info: ReadonlyMap<string, string>,
  settings: ReadonlyMap<string, string>,
): string[] {
  // INFO says that there is no file while Redis loads it after a restart; the setting is told as it is.
  const byInfo = info.get('aof_enabled') === '1' || info.get('loading') === '1' ? 'yes' : 'no';
  if ((settings.get('appendonly') ?? byInfo) === 'no')
    return [
      'Redis keeps no append-only file: decisions, silences and accounts are lost when it restarts; set appendonly yes and appendfsync always',
    ];
  const sync = settings.get('appendfsync');
  if (sync === 'always') return [];
  if (sync === undefined)
    return [
      'Redis does not tell its appendfsync (CONFIG GET is refused); state is safe from a power loss with always only',
    ];
  return [
    sync === 'everysec'
      ? 'Redis syncs its append-only file once a second: a power loss takes the last one or two seconds of state; appendfsync always takes none'
      : `Redis leaves the sync of its append-only file to the system (appendfsync ${sync}): a power loss takes up to half a minute of state; set appendfsync always`,
  ];
}

function evictionProblems(
  info: ReadonlyMap<string, string>,
  settings: ReadonlyMap<string, string>,
): string[] {
  const policy = settings.get('maxmemory-policy') ?? info.get('maxmemory_policy') ?? 'noeviction';
  if (policy === 'noeviction') return [];
  const what = policy.startsWith('allkeys') ? 'any state' : 'leases';
  return [`Redis throws ${what} away when its memory is full (maxmemory-policy ${policy}); set noeviction`];
}

async function readSettings(connection: RedisConnection): Promise<ReadonlyMap<string, string>> {
  const settings = new Map<string, string>();
  for (const name of ['appendonly', 'appendfsync', 'maxmemory-policy']) {
    try {
      const reply = await connection.call(['CONFIG', 'GET', name]);
      if (Array.isArray(reply) && typeof reply[1] === 'string') settings.set(name, reply[1]);
    } catch (error) {
      // Hosted ones refuse the command; what they tell otherwise must do.
      if (!(error instanceof RedisRefusal)) throw error;
    }
  }
  return settings;
}

function parseInfo(reply: RedisReply): ReadonlyMap<string, string> {
  const lines = typeof reply === 'string' ? reply.split('\r\n') : [];
  return new Map(
    lines.flatMap((line) => {
      const colon = line.indexOf(':');
      return colon > 0 ? [[line.slice(0, colon), line.slice(colon + 1)] as const] : [];
    }),
  );
}
